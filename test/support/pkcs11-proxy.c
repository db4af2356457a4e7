/*
 * A PKCS#11 module for tests: hands every call on to a real module, counts the calls that matter, and
 * misbehaves on request. Written from the order of CK_FUNCTION_LIST in PKCS#11 v2.40, section 3.6.
 *
 * PROXY_TARGET  path of the real module
 * PROXY_LOG     file to which each counted call appends one line: its name, and its return value
 * PROXY_FAULTS  words separated by commas:
 *   hang=CALL[:N] crash=CALL[:N] in place of the call, the first N times (default: always)
 *   delay=CALL                   700 ms before the call
 *   fail=CALL:RV[:N]             return RV instead of calling, the first N times (default: always)
 *   flags=SET:CLEAR              change the token's flags (hexadecimal)
 *   keypad                       take a NULL PIN, and send PROXY_PIN to the target
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong;
typedef struct {
  unsigned char version[2];
  void *call[68];
} function_list;

enum {
  INITIALIZE = 0,
  FINALIZE = 1,
  GET_FUNCTION_LIST = 3,
  GET_TOKEN_INFO = 6,
  LOGIN = 18,
  SIGN_INIT = 42,
  SIGN = 43
};

/* CK_TOKEN_INFO begins with 32 + 32 + 16 + 16 characters, and then come the flags. */
#define FLAGS_OFFSET 96

/* What the log says of calls that never return. */
#define CRASHED 0xdead
#define HUNG 0xbeef

static function_list target, proxy;

static const char *name_of(int call) {
  switch (call) {
  case INITIALIZE: return "C_Initialize";
  case FINALIZE: return "C_Finalize";
  case GET_TOKEN_INFO: return "C_GetTokenInfo";
  case LOGIN: return "C_Login";
  case SIGN_INIT: return "C_SignInit";
  case SIGN: return "C_Sign";
  default: return "?";
  }
}

static void record(const char *what, ulong rv) {
  const char *path = getenv("PROXY_LOG");
  FILE *log = path ? fopen(path, "a") : NULL;
  if (!log) return;
  fprintf(log, "%s 0x%lx\n", what, rv);
  fclose(log);
}

/* The text after "kind=NAME" in PROXY_FAULTS, or NULL; strchr finds the final NUL too. */
static const char *fault(const char *kind, const char *name) {
  const char *faults = getenv("PROXY_FAULTS");
  char wanted[64];
  const char *found;
  if (!faults) return NULL;
  snprintf(wanted, sizeof wanted, "%s%s%s", kind, *name ? "=" : "", name);
  for (found = strstr(faults, wanted); found; found = strstr(found + 1, wanted)) {
    const char *after = found + strlen(wanted);
    if ((found == faults || found[-1] == ',') && strchr(",:=", *after)) return after;
  }
  return NULL;
}

/* How often a line stands in the log: faults are counted over all processes of a test. */
static int recorded(const char *what, ulong rv) {
  const char *path = getenv("PROXY_LOG");
  FILE *log = path ? fopen(path, "r") : NULL;
  char wanted[80], line[80];
  int count = 0;
  if (!log) return 0;
  snprintf(wanted, sizeof wanted, "%s 0x%lx\n", what, rv);
  while (fgets(line, sizeof line, log)) count += strcmp(line, wanted) == 0;
  fclose(log);
  return count;
}

/* Whether a fault of the form ...[:N] is still to happen. */
static int is_due(const char *rest, const char *what, ulong rv) {
  return *rest != ':' || recorded(what, rv) < atoi(rest + 1);
}

/* Misbehaves if it was asked to; otherwise 0, and the call goes on. */
static ulong misbehave(int call) {
  const char *name = name_of(call);
  const char *fail = fault("fail", name), *crash = fault("crash", name), *hang = fault("hang", name);
  if (hang && is_due(hang, name, HUNG)) {
    record(name, HUNG);
    for (;;) pause();
  }
  if (crash && is_due(crash, name, CRASHED)) {
    volatile int *nowhere = NULL;
    record(name, CRASHED);
    *nowhere = 0;
  }
  if (fault("delay", name)) usleep(700000);
  if (fail && *fail == ':') {
    char *rest;
    ulong rv = strtoul(fail + 1, &rest, 16);
    if (is_due(rest, name, rv)) {
      record(name, rv);
      return rv;
    }
  }
  return 0;
}

static ulong initialize(void *arguments) {
  ulong rv = misbehave(INITIALIZE);
  if (rv) return rv;
  rv = ((ulong(*)(void *))target.call[INITIALIZE])(arguments);
  record("C_Initialize", rv);
  return rv;
}

static ulong finalize(void *reserved) {
  ulong rv = misbehave(FINALIZE);
  if (rv) return rv;
  rv = ((ulong(*)(void *))target.call[FINALIZE])(reserved);
  record("C_Finalize", rv);
  return rv;
}

static ulong token_info(ulong slot, unsigned char *info) {
  ulong rv = misbehave(GET_TOKEN_INFO), flags;
  const char *change;
  if (rv) return rv;
  rv = ((ulong(*)(ulong, void *))target.call[GET_TOKEN_INFO])(slot, info);
  change = fault("flags", "");
  if (rv == 0 && change) {
    char *end;
    ulong set = strtoul(change + 1, &end, 16);
    ulong clear = *end == ':' ? strtoul(end + 1, NULL, 16) : 0;
    memcpy(&flags, info + FLAGS_OFFSET, sizeof flags);
    flags = (flags | set) & ~clear;
    memcpy(info + FLAGS_OFFSET, &flags, sizeof flags);
  }
  return rv;
}

static ulong login(ulong session, ulong user, char *pin, ulong length) {
  ulong rv = misbehave(LOGIN);
  char line[64];
  if (rv) return rv;
  if (fault("keypad", "")) {
    if (pin) rv = 0xa0;
    else {
      pin = getenv("PROXY_PIN");
      length = strlen(pin);
    }
  }
  if (!rv) rv = ((ulong(*)(ulong, ulong, char *, ulong))target.call[LOGIN])(session, user, pin, length);
  snprintf(line, sizeof line, "C_Login user=%lu", user);
  record(line, rv);
  return rv;
}

static ulong sign_init(ulong session, ulong *mechanism, ulong key) {
  ulong rv = misbehave(SIGN_INIT);
  char line[64];
  if (rv) return rv;
  rv = ((ulong(*)(ulong, void *, ulong))target.call[SIGN_INIT])(session, mechanism, key);
  snprintf(line, sizeof line, "C_SignInit mechanism=0x%lx", *mechanism);
  record(line, rv);
  return rv;
}

static ulong sign(ulong session, void *data, ulong length, void *signature, ulong *size) {
  ulong rv = misbehave(SIGN);
  if (rv) return rv;
  rv = ((ulong(*)(ulong, void *, ulong, void *, ulong *))target.call[SIGN])(session, data, length, signature, size);
  record("C_Sign", rv);
  return rv;
}

ulong C_GetFunctionList(function_list **list);

ulong C_GetFunctionList(function_list **list) {
  void *library = dlopen(getenv("PROXY_TARGET"), RTLD_NOW | RTLD_LOCAL);
  ulong (*get)(function_list **) = library ? (ulong(*)(function_list **))dlsym(library, "C_GetFunctionList") : NULL;
  function_list *real;
  if (!get || get(&real)) return 5;
  target = *real;
  proxy = *real;
  proxy.call[INITIALIZE] = (void *)initialize;
  proxy.call[FINALIZE] = (void *)finalize;
  proxy.call[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
  proxy.call[GET_TOKEN_INFO] = (void *)token_info;
  proxy.call[LOGIN] = (void *)login;
  proxy.call[SIGN_INIT] = (void *)sign_init;
  proxy.call[SIGN] = (void *)sign;
  *list = &proxy;
  return 0;
}
