#!/bin/sh
# Verifies this copy of a writ ledger with ssh-keygen, sha256sum and what POSIX has; README.md says what that means.
# Exit status: 0 everything verifies, 9 something does not, 1 it could not be checked.
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")" || exit 1
for tool in awk cmp comm find mktemp sed sha256sum sort ssh-keygen xargs; do
  command -v "$tool" > /dev/null || { echo "verify.sh needs $tool" >&2; exit 1; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
: > "$work/faults"
fault() { printf '%s\n' "$*" >> "$work/faults"; }

# What lies here, apart from what the export adds.
find . ! -type d ! -path ./verify.sh ! -path ./README.md | sed 's|^\./||' | sort > "$work/found"
[ -z "$(find . ! -type d ! -type f)" ] || fault "something here is no plain file"
count=$(grep -c '^entries/.*\.json$' "$work/found")
awk -v n="$count" 'BEGIN {
  for (i = 0; i < n; i++) printf "entries/%04d/%02d/%08d.json\n", int(i / 10000), int(i / 100) % 100, i
}' > "$work/wanted"
while read -r path; do
  [ -f "$path" ] || { fault "$path: missing"; break; }
  echo "$path"
done < "$work/wanted" > "$work/entries"
[ -s "$work/entries" ] || { echo "there are no entries"; exit 9; }
xargs sha256sum < "$work/entries" > "$work/digests"
xargs wc -c < "$work/entries" | grep ' entries/' > "$work/sizes"

# Reads every entry, judges what needs no signature, and says what is to be verified: one line each.
awk -v work="$work" '
function bad(what) { if (wrong == "") wrong = what }
function say(what) { print "entry " at ": " what >> (work "/faults") }
function value(type, text) {
  if (want != "value") return bad("no place for a value")
  want = depth ? "more" : "end"
  fresh[depth] = 0
  if (depth == 1) top[key[1]] = type text
  if (depth == 2 && kind[2] == "{") {
    inner[key[1], key[2]] = type text
    names[key[1]] = names[key[1]] " " key[2]
  }
  if (depth == 3 && key[1] == "signatures" && kind[2] == "[") inner[key[1], item[2], key[3]] = type text
}
function string(text,    rest) {
  rest = text
  gsub(/\\(["\\bfnrt]|u00(0[0-7bef]|1[0-9a-f]))/, "", rest)
  if (rest ~ /\\/ || rest ~ control) return bad("a string that is not canonical")
  if (want != "key") return value("s", text)
  if (!fresh[depth] && (text "") <= (key[depth] "")) bad("keys out of order")
  key[depth] = text
  fresh[depth] = 0
  want = "colon"
}
function outside(text,    k, c, word) {
  for (k = 1; k <= length(text) && wrong == ""; k++) {
    c = substr(text, k, 1)
    if (c == "{" || c == "[") {
      if (want != "value" || depth == 64) return bad("no place for " c)
      fresh[depth] = 0
      kind[++depth] = c
      item[depth] = 0
      fresh[depth] = 1
      want = c == "{" ? "key" : "value"
    } else if (c == "}" || c == "]") {
      if (!depth || kind[depth] != (c == "}" ? "{" : "[")) return bad("a stray " c)
      if (want != "more" && !fresh[depth]) return bad("a stray " c)
      want = --depth ? "more" : "end"
    } else if (c == ",") {
      if (want != "more") return bad("a stray comma")
      want = kind[depth] == "{" ? "key" : "value"
      item[depth]++
    } else if (c == ":") {
      if (want != "colon") return bad("a stray colon")
      want = "value"
    } else {
      match(substr(text, k), /^[-a-z0-9]*/)
      word = substr(text, k, RLENGTH)
      if (word !~ /^(true|false|null|0|-?[1-9][0-9]*)$/) return bad("neither text nor number")
      value("n", word)
      k += RLENGTH - 1
    }
  }
}
# Canonical JSON has a quote only around a string, or in one after a backslash.
function walk(line,    n, i, text) {
  split("", top); split("", inner); split("", names)
  depth = 0; want = "value"; wrong = ""
  n = split(line, part, "\"")
  for (i = 1; wrong == ""; i++) {
    outside(part[i])
    if (i >= n) break
    text = part[++i]
    while (i < n && match(text, /\\+$/) && RLENGTH % 2) text = text "\"" part[++i]
    if (i >= n) bad("a string without end")
    string(text)
  }
  if (want != "end") bad("cut short")
}
function str(name) { return substr(top[name], 1, 1) == "s" ? substr(top[name], 2) : "" }
function num(name) { return substr(top[name], 1, 1) == "n" ? substr(top[name], 2) : "" }
function plain(text) {
  gsub(/\\\\/, mark, text)
  gsub(/\\n/, "\n", text); gsub(/\\t/, "\t", text); gsub(/\\"/, "\"", text)
  if (text ~ /\\/) bad("signers that nobody wrote")
  gsub(mark, "\\", text)
  return text
}
# How many people among the signers may sign for others; none when the list is not one that writ reads.
function people(file,    n, i, line, field, fields, options, who, k, m, one, count, known, keys) {
  n = split(file, line, "\n")
  for (i = 1; i <= n; i++) {
    fields = split(line[i], field, /[ \t]+/)
    k = field[1] == "" ? 2 : 1
    if (k > fields || substr(field[k], 1, 1) == "#") continue
    options = field[k + 1] ~ /^(sk-)?(ssh|ecdsa)-/ ? "" : field[k + 1]
    one = options == "" ? field[k + 1] " " field[k + 2] : field[k + 2] " " field[k + 3]
    if (field[k] ~ /[*?!"\\]/ || options ~ /cert-authority/ || (one in keys)) return 0
    keys[one] = 1
    m = split(field[k], who, ",")
    known = match(options, /namespaces="[^"]*"/) && \
      ("," substr(options, RSTART + 12, RLENGTH - 13) ",") !~ /,writ-key-change-v1,/
    if (known) continue
    for (k = 1; k <= m; k++) if (who[k] in seen) known = 1
    for (k = 1; k <= m; k++) seen[who[k]] = 1
    if (!known) count++
  }
  split("", seen)
  return count + 0
}
function answer() {
  if (open == "" || str("attempt") != open || num("intent") != opened) say("it does not answer the open intent")
  else open = ""
}
function changed(    k, file, statement, limit) {
  if (split(names["statement"], field, " ") != 6) say("no statement of six members")
  file = plain(substr(inner["statement", "signers"], 2))
  if (inner["statement", "origin"] != "s" origin || inner["statement", "genesis"] != "ssha256:" digest[0] || \
    inner["statement", "version"] != "n" (version + 1) || inner["statement", "format"] != "swrit-key-change-v1")
    return say("the change of keys is for another ledger or place")
  limit = substr(inner["statement", "threshold"], 2) + 0
  if (limit < 1 || people(file) < limit) return say("keys that nobody could change again")
  printf "%s", file > (work "/change." at); close(work "/change." at)
  statement = work "/statement." at
  printf "{\"format\":\"writ-key-change-v1\",\"genesis\":\"sha256:%s\",", digest[0] > statement
  printf "\"origin\":\"%s\",", origin > statement
  printf "\"signers\":\"%s\",", substr(inner["statement", "signers"], 2) > statement
  printf "\"threshold\":%s,\"version\":%s}\n", limit, version + 1 > statement
  close(statement)
  for (k = 0; ("signatures", k, "actor") in inner; k++) {
    file = plain(substr(inner["signatures", k, "signature"], 2))
    printf "%s", file > (statement "." k); close(statement "." k)
    print "statement", at, substr(inner["signatures", k, "actor"], 2), statement "." k
  }
  if (k < threshold) return say(k " of " threshold " signatures for other keys")
  print "change", at, "-", "-"
  version++
  threshold = limit
}
BEGIN {
  control = "[" sprintf("%c", 1) "-" sprintf("%c", 31) "]"
  mark = sprintf("%c", 1)
  while ((getline line < (work "/digests")) > 0) digest[n++] = substr(line, 1, 64)
  while ((getline line < (work "/sizes")) > 0) { split(line, field, " "); size[field[2]] = field[1] }
  for (at = 0; (getline path < (work "/entries")) > 0; at++) {
    line = ""
    getline line < path
    if (length(line) + 1 != size[path]) say("not one line")
    close(path)
    walk(line)
    if (wrong != "") say("not canonical: " wrong)
    if (num("seq") != at "") say("it says that it is entry " num("seq"))
    if (at ? str("prev") != "sha256:" digest[at - 1] : "prev" in top) say("not chained to the entry before it")
    if ((str("kind") == "genesis") != (at == 0)) say("a ledger begins with its one genesis entry")
    if (str("time") !~ /^[0-9]+-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z$/) say("no time")
    actor = str("actor")
    if (actor !~ /^[a-z0-9][a-z0-9._-]*$/) { say("no name of an actor"); actor = "-" }
    print "entry", at, actor, str("key") == "" ? "-" : str("key"), path
    if (str("kind") == "genesis") {
      origin = str("origin")
      if (origin !~ /^[!-~]+$/ || origin ~ /[+"\\]|:\/\// || length(origin) > 200) say("the origin is none")
      file = plain(str("signers"))
      version = 1
      threshold = "threshold" in top ? num("threshold") + 0 : 1
      if (threshold < 1 || people(file) < threshold) say("signers that could not go on")
      printf "%s", file > (work "/signers"); close(work "/signers")
      print origin > (work "/origin"); close(work "/origin")
    } else if (str("kind") == "intent") {
      if (open != "") say("intent " opened " was still open")
      if (str("attempt") in attempts) say("the attempt was used before")
      if (length(str("attempt")) != 32 || str("attempt") ~ /[^0-9a-f]/) say("no attempt")
      open = str("attempt")
      opened = at
      attempts[open] = 1
      split("", live)
      n = split(names["live"], field, " ")
      for (i = 1; i <= n; i++) live[field[i]] = 1
      if (str("plan") !~ /^sha256:[0-9a-f]+$/ || length(str("plan")) != 71) say("no plan")
      else print at, substr(str("plan"), 8) > (work "/plans")
    } else if (str("kind") == "outcome") {
      n = split(names["targets"], field, " ")
      for (i = 1; i <= n; i++) if (!(field[i] in live)) say("its intent did not concern " field[i])
      answer()
    } else if (str("kind") == "abandon") answer()
    else if (str("kind") == "key-change") changed()
    if (wrong != "") say("not canonical: " wrong)
  }
}' > "$work/table" < /dev/null || { echo "awk could not read the entries" >&2; exit 1; }

# Plans are named by their digests.
touch "$work/plans" "$work/origin" "$work/signers"
while read -r at name; do
  if [ ! -f "plans/$name.json" ]; then
    fault "entry $at: its plan is not there"
  elif [ "$(sha256sum < "plans/$name.json" | cut -c 1-64)" != "$name" ]; then
    fault "entry $at: plans/$name.json has another digest"
  fi
done < "$work/plans"

# One spelling for a signature: ssh-keygen reads past white space and whatever comes after the end.
is_armoured() {
  [ -f "$1" ] && [ "$(wc -c < "$1")" -le 16384 ] && awk '
    NR == 1 { good = $0 == "-----BEGIN SSH SIGNATURE-----"; next }
    ended { good = 0 }
    $0 == "-----END SSH SIGNATURE-----" { ended = 1; next }
    !/^[A-Za-z0-9+\/=]+$/ { good = 0 }
    { body = body $0 }
    END { exit !(good && ended && body ~ /^U1NIU0lHAAAAAQAA/) }' "$1"
}
# MESSAGE SIGNATURE NAMESPACE ACTOR KEY; any key of the actor when KEY is empty.
is_signed() {
  [ -f "$1" ] && is_armoured "$2" && said=$(ssh-keygen -Y verify -f "$work/now" -I "$4" -n "$3" -s "$2" < "$1" 2>&1) &&
    case $said in
      "Good \"$3\" signature for $4 with "*" key SHA256:"*) [ -z "$5" ] || [ "${said##* }" = "$5" ] ;;
      *) false ;;
    esac
}
# Whether a key may sign follows from its place in the ledger, not from dates in the list.
put_in_force() {
  sed -e 's/,valid-after="[^"]*"//' -e 's/,valid-before="[^"]*"//' -e 's/ valid-[a-z]*="[^"]*",*/ /' "$1" > "$work/now"
}

# RFC 6962: the roots of complete subtrees, the largest first.
octets() { printf "$(printf '\\%03o' $(printf %s "$1" | sed 's/../0x& /g'))"; }
node() { octets "01$1$2" | sha256sum | cut -c 1-64; }
size=0
stack=
leaf() {
  top=$( { printf '\000'; cat "$1"; } | sha256sum | cut -c 1-64)
  n=$size
  while [ $((n % 2)) -eq 1 ]; do
    top=$(node "${stack##* }" "$top")
    stack=${stack% *}
    n=$((n / 2))
  done
  stack="$stack $top"
  size=$((size + 1))
}

put_in_force "$work/signers"
signed=
while read -r what at actor key path; do
  case $what in
    entry)
      is_signed "$path" "$path.sig" writ-ledger-v1 "$actor" "$key" ||
        fault "entry $at: not signed by a key of $actor in force"
      leaf "$path"
      cp "$work/now" "$work/last"
      last_actor=$actor last_key=$key signed=
      ;;
    statement)
      is_signed "$work/statement.$at" "$key" writ-key-change-v1 "$actor" "" ||
        fault "entry $at: a signature for other keys does not fit"
      for name in $(ssh-keygen -Y find-principals -f "$work/now" -s "$key" 2> /dev/null | tr ',' ' '); do
        case " $signed " in *" $name "*) fault "entry $at: $actor signed for other keys twice" ;; esac
        signed="$signed $name"
      done
      ;;
    change)
      cp "$work/change.$at" "$work/signers"
      put_in_force "$work/signers"
      ;;
  esac
done < "$work/table"

root=${stack##* }
stack=${stack% *}
while [ -n "${stack# }" ]; do
  root=$(node "${stack##* }" "$root")
  stack=${stack% *}
done
base64=$(awk -v hex="$root" 'BEGIN {
  digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  for (i = 1; i <= 64; i++) {
    n = index("0123456789abcdef", substr(hex, i, 1)) - 1
    for (b = 8; b >= 1; b /= 2) {
      word = word * 2 + (n >= b)
      if (n >= b) n -= b
      if (++bits == 6) { out = out substr(digits, word + 1, 1); word = bits = 0 }
    }
  }
  print out substr(digits, word * 4 + 1, 1) "="
}')
origin=$(cat "$work/origin")
printf '%s\n%s\n%s\n' "$origin" "$size" "$base64" > "$work/checkpoint"
printf '{"format":"writ-ledger-v1","genesis":"sha256:%s","origin":"%s"}\n' \
  "$(head -n 1 "$work/digests" | cut -c 1-64)" "$origin" > "$work/about"
cmp -s "$work/checkpoint" checkpoint || fault "checkpoint: not that of these $size entries"
cmp -s "$work/about" writ-ledger.json || fault "writ-ledger.json: it does not describe this ledger"
cmp -s "$work/signers" signers/allowed_signers ||
  fault "signers/allowed_signers: not what the entries put in force"
cp "$work/last" "$work/now"
is_signed checkpoint checkpoint.sig writ-ledger-v1 "$last_actor" "$last_key" ||
  fault "checkpoint: not signed by $last_actor"

{
  printf '%s\n' writ-ledger.json checkpoint checkpoint.sig signers/allowed_signers
  sed 'p;s/$/.sig/' "$work/entries"
  sed 's|.* \(.*\)|plans/\1.json|' "$work/plans"
} | sort -u > "$work/known"
comm -23 "$work/found" "$work/known" | sed 's/$/: nothing refers to it/' >> "$work/faults"

if [ -s "$work/faults" ]; then
  cat "$work/faults"
  echo "the ledger does not verify"
  exit 9
fi
echo "$size entries of $origin, root $root: verified"
