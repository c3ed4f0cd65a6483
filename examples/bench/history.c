// Writes a history of access commits for `git fast-import`: 300 people, 250 roles and their resources, which join, leave, get and
// lose roles, extend them, are renamed; roles that change and include one another; exceptions; files that are re-wrapped, and some
// commits that cannot be read. Equal arguments give equal output.
//
//   history one|each COMMITS SEED     one 7,000-line file, or one file for each person
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 300, SPARE = 400, ROLES = 250, RESOURCES = 180, HELD = 40, RULES = 8, GRANTS = 60 };

struct held { int role, until; };
struct person {
  int there, suspended, count, wrapped, name, before;
  struct held held[HELD];
};
struct role { int count, include, before, resource[RULES], pull[RULES]; };
struct grant { int to, resource, day; };

static struct person people[PEOPLE + SPARE];
static struct role roles[ROLES];
static struct grant grants[GRANTS];
static int grant_count, next_name = PEOPLE + SPARE, privileged;
static unsigned long long state;

static unsigned pick(unsigned below) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(state >> 33) % below;
}

// A growing buffer, since fast-import wants the length first.
static char *text;
static size_t length, room;
static void put(const char *format, ...) {
  va_list arguments;
  for (;;) {
    va_start(arguments, format);
    int wanted = vsnprintf(text + length, room - length, format, arguments);
    va_end(arguments);
    if (length + wanted < room) { length += wanted; return; }
    room = room ? room * 2 : 1 << 20;
    if (!(text = realloc(text, room))) exit(1);
  }
}

static void put_date(int day) { put("2027-%02d-%02d", 1 + day / 28 % 12, 1 + day % 28); }

static void put_person(int number) {
  struct person *p = &people[number];
  put("  person-%03d:\n    name: Person %d\n    email: person-%03d@example.com\n", p->name, p->name, p->name);
  if (p->before >= 0) put("    previously: [person-%03d]\n", p->before);
  if (p->suspended) put("    suspended: true\n");
  put("    roles:\n");
  for (int i = 0; i < p->count; i++) {
    struct held *h = &p->held[p->wrapped ? p->count - 1 - i : i];
    if (h->until < 0) put("      - role-%03d\n", h->role);
    else put("      - { role: role-%03d, until: ", h->role), put_date(h->until), put(" }\n");
  }
  if (!p->count) put("      []\n");
}

static void put_roles(void) {
  put("roles:\n");
  for (int i = 0; i < ROLES; i++) {
    struct role *r = &roles[i];
    put("  role-%03d:\n", i);
    if (r->include >= 0) put("    includes: [role-%03d]\n", r->include);
    put("    allow:\n");
    for (int j = 0; j < r->count; j++) put("      resource-%03d: %s\n", r->resource[j], r->pull[j] ? "pull" : "push");
  }
}

static void put_resources(void) {
  put("hosts:\n  host01: { connect: local, host-keys: [], labels: [gpu] }\nresources:\n");
  for (int i = 0; i < RESOURCES; i++)
    put("  resource-%03d: { external: \"rules of the git host %d\", operations: [push, pull] }\n", i, i == 7 ? privileged : 0);
}

static void put_grants(void) {
  put("grants:\n");
  for (int i = 0; i < grant_count; i++) {
    put("  - { to: person-%03d, allow: { resource-%03d: push }, until: ", people[grants[i].to].name, grants[i].resource);
    put_date(grants[i].day);
    put(", reason: exception %d }\n", i);
  }
  if (!grant_count) put("  []\n");
}

static void file(const char *path) {
  printf("M 100644 inline policies/%s\ndata %zu\n", path, length);
  fwrite(text, 1, length, stdout);
  putchar('\n');
  length = 0;
}

static int somebody(void) {
  int number;
  do number = pick(PEOPLE + SPARE); while (!people[number].there);
  return number;
}

static void give(struct person *p, int role) {
  for (int i = 0; i < p->count; i++) if (p->held[i].role == role) { p->held[i].until = pick(300); return; }
  if (p->count < HELD) p->held[p->count++] = (struct held){role, pick(3) ? -1 : (int)pick(300)};
}

// What one commit changed, so that only those files are written.
enum { ROLES_CHANGED = -1, GRANTS_CHANGED = -2, RESOURCES_CHANGED = -3, BROKEN = -4 };

static int move(const char **subject, int commit) {
  int who = somebody(), draw = pick(1000);
  struct person *p = &people[who];
  if (commit % 971 == 970) { *subject = "Begin an edit that does not parse"; return BROKEN; }
  if (draw < 430) { *subject = "Give a role"; give(p, pick(ROLES)); return who; }
  if (draw < 680) {
    *subject = "Take a role away";
    if (p->count) { int i = pick(p->count); p->held[i] = p->held[--p->count]; }
    return who;
  }
  if (draw < 770) {
    *subject = "Extend a role";
    if (p->count) p->held[pick(p->count)].until = pick(300);
    return who;
  }
  if (draw < 850) {
    struct role *r = &roles[pick(ROLES)];
    *subject = "Let a role do more or less";
    if (r->count > 1 && pick(2)) r->count--;
    else if (r->count < RULES) {
      int resource = pick(RESOURCES), known = 0;
      for (int i = 0; i < r->count; i++) known |= r->resource[i] == resource;
      if (!known) r->resource[r->count] = resource, r->pull[r->count++] = pick(2);
      else r->pull[0] ^= 1;
    } else r->pull[0] ^= 1;
    return ROLES_CHANGED;
  }
  if (draw < 865) {
    int number = pick(ROLES - 1);
    *subject = "Let a role include another";
    roles[number].include = roles[number].include >= 0 ? -1 : number + 1 + (int)pick(ROLES - 1 - number);
    return ROLES_CHANGED;
  }
  if (draw < 905) {
    *subject = "Make or end an exception";
    if (grant_count == GRANTS || (grant_count && pick(3) == 0)) grants[pick(grant_count)] = grants[grant_count - 1], grant_count--;
    else grants[grant_count++] = (struct grant){who, pick(RESOURCES), pick(300)};
    return GRANTS_CHANGED;
  }
  if (draw < 930) {
    *subject = "Welcome somebody";
    for (int i = 0; i < PEOPLE + SPARE; i++)
      if (!people[i].there && !people[i].count) {
        people[i].there = 1;
        for (int j = 0; j < 12; j++) give(&people[i], pick(ROLES));
        return i;
      }
    return who;
  }
  if (draw < 955) {
    *subject = "Say goodbye to somebody";
    for (int i = 0; i < grant_count; i++) if (grants[i].to == who) { p->suspended ^= 1; return who; }
    p->there = 0;
    return who;
  }
  if (draw < 975) { *subject = "Suspend or resume"; p->suspended ^= 1; return who; }
  if (draw < 990) { *subject = "Sort the roles of somebody"; p->wrapped ^= 1; return who; }
  if (draw < 995) {
    *subject = "Rename somebody";
    for (int i = 0; i < grant_count; i++) if (grants[i].to == who) return who;
    p->before = p->name;
    p->name = next_name++;
    return who;
  }
  *subject = "Describe a resource anew";
  privileged++;
  return RESOURCES_CHANGED;
}

static void write_files(int one, int changed) {
  char path[64];
  if (changed == BROKEN) {
    put("people: [\n");
    file("broken.yaml");
    return;
  }
  if (one) {
    put_resources();
    put_roles();
    put("people:\n");
    for (int i = 0; i < PEOPLE + SPARE; i++) if (people[i].there) put_person(i);
    put_grants();
    file("access.yaml");
    return;
  }
  for (int i = 0; i < PEOPLE + SPARE; i++) {
    if (changed != i && changed != -9) continue;
    snprintf(path, sizeof path, "people/%03d.yaml", i);
    if (people[i].there) {
      put("people:\n");
      put_person(i);
      file(path);
    } else if (changed == i) {
      printf("D policies/%s\n", path);
    }
  }
  if (changed == ROLES_CHANGED || changed == -9) put_roles(), file("roles.yaml");
  if (changed == GRANTS_CHANGED || changed == -9) put_grants(), file("grants.yaml");
  if (changed == RESOURCES_CHANGED || changed == -9) put_resources(), file("resources.yaml");
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  int one = !strcmp(argv[1], "one"), commits = atoi(argv[2]), broken = 0;
  state = strtoull(argv[3], 0, 10) * 2654435761ULL + 1;
  for (int i = 0; i < ROLES; i++) {
    roles[i] = (struct role){.count = 1 + (int)pick(3), .include = -1};
    for (int j = 0; j < roles[i].count; j++) {
      roles[i].resource[j] = (i * 3 + j * 61) % RESOURCES;
      roles[i].pull[j] = pick(2);
    }
  }
  for (int i = 0; i < PEOPLE + SPARE; i++) {
    people[i] = (struct person){.there = i < PEOPLE, .name = i, .before = -1};
    for (int j = 0; i < PEOPLE && j < 14; j++) give(&people[i], pick(ROLES));
  }
  for (int commit = 0; commit < commits; commit++) {
    const char *subject = "Begin";
    int changed = commit ? move(&subject, commit) : -9;
    long when = 1700000000L + commit * 3600L;
    printf("commit refs/heads/main\n");
    printf("author Author %d <author%d@example.com> %ld +0000\n", commit % 17, commit % 17, when);
    printf("committer Committer <committer@example.com> %ld +0000\ndata %zu\n%s\n", when, strlen(subject) + 1, subject);
    if (broken) printf("D policies/broken.yaml\n");
    write_files(one, changed);
    broken = changed == BROKEN;
    putchar('\n');
  }
  return ferror(stdout) || fflush(stdout);
}
