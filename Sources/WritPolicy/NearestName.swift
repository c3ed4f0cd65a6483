/// The known name that a mistyped one most likely means; nil when none is close.
///
/// One slip in a short word, two in a longer one; of equally near names the first in order.
public func nearestName(to text: String, among names: some Sequence<String>) -> String? {
  closest(to: text, among: names)
}
