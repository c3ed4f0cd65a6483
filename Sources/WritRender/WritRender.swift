// WritRender
