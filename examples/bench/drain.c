// Takes every event of YAML from libyaml and drops it: the least that any reader of it must do.
//
//   drain FILE...          each file
//   drain --batch FILE     each blob in what `git cat-file --batch` wrote
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static long events;

// A text that is no YAML is read as far as it goes.
static void drain(yaml_parser_t *parser) {
  yaml_event_t event;
  int done = 0;
  while (!done) {
    if (!yaml_parser_parse(parser, &event)) break;
    done = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    events++;
  }
  yaml_parser_delete(parser);
}

static int drain_batch(FILE *file) {
  char header[256];
  while (fgets(header, sizeof header, file)) {
    char *size = strrchr(header, ' ');
    size_t length = size ? strtoul(size, 0, 10) : 0;
    unsigned char *text = malloc(length + 1);
    yaml_parser_t parser;
    if (!text || fread(text, 1, length + 1, file) != length + 1 || !yaml_parser_initialize(&parser)) return 1;
    yaml_parser_set_input_string(&parser, text, length);
    drain(&parser);
    free(text);
  }
  return 0;
}

int main(int argc, char **argv) {
  int failed = 0;
  if (argc == 3 && !strcmp(argv[1], "--batch")) {
    FILE *file = fopen(argv[2], "rb");
    failed = !file || drain_batch(file);
  } else {
    for (int i = 1; i < argc && !failed; i++) {
      FILE *file = fopen(argv[i], "rb");
      yaml_parser_t parser;
      if ((failed = !file || !yaml_parser_initialize(&parser))) break;
      yaml_parser_set_input_file(&parser, file);
      drain(&parser);
      fclose(file);
    }
  }
  printf("%ld\n", events);
  return failed;
}
