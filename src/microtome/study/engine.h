/* SPDX-License-Identifier: Apache-2.0
 *
 * The door to everything that computes with networks: five functions of plain C that speak JSON, so that a program, a
 * binding or a library opens the engine's shared object only when it needs it. C++ has client.h in front of it.
 *
 * Texts are UTF-8 and end in a zero byte. A question is asked from one thread at a time; microtome_version(),
 * microtome_catalogue() and microtome_stop() may be called from any thread at any time.
 */
#ifndef MICROTOME_STUDY_ENGINE_H
#define MICROTOME_STUDY_ENGINE_H

#include <stdint.h>

/* Changes when a caller of an older door would be misunderstood. */
#define MICROTOME_DOOR_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* What people should know, by weight. */
enum { MICROTOME_DETAIL = 0, MICROTOME_NOTE = 1, MICROTOME_WARNING = 2 };

/* How long work talks; any worker thread may call any of these. Functions may be NULL; texts live until the call ends.
 */
typedef struct MicrotomeReporter {
  void* context; /* handed to each function */
  /* A task of `total` steps called `unit` begins, of which an earlier run finished `done`; steps are taken; it ends. */
  void (*start)(void* context, const char* task, int64_t total, const char* unit, int64_t done);
  void (*advance)(void* context, int64_t steps);
  void (*finish)(void* context);
  /* `level` is one of the three above. */
  void (*say)(void* context, int level, const char* text);
} MicrotomeReporter;

/* Belongs to the caller from microtome_ask() until microtome_free(). */
typedef struct MicrotomeText {
  char* text;
} MicrotomeText;

/* MICROTOME_DOOR_VERSION of the engine. */
int microtome_version(void);

/* {"release", "questions": [{"name","summary","footer","arguments"}], "kinds": {...}}. `arguments`: name, type, items,
 * default, help, role, min, max, positional, required, choices of each (base/arguments.h); `kinds`: what `microtome
 * list` shows. Lives as long as the engine. */
const char* microtome_catalogue(void);

/* Answers a question. `request` is a JSON object of arguments by name; those left out have their defaults. It may also
 * hold "command", the words that the user typed, which are kept beside the results. `reporter` may be NULL.
 *
 * Returns 0 and fills `out` with the answer, whose form each question documents; otherwise fills it with
 * {"kind","where","what","remedy"} and returns 2 for wrong usage, 130 for stopped work and 1 for everything else.
 * `kind`: usage, not-found, unsupported, corrupt, io, internal or cancelled. Arguments are named as in the catalogue,
 * between backticks within a text. */
int microtome_ask(const char* question, const char* request, const MicrotomeReporter* reporter, MicrotomeText* out);

/* Asks the running question to stop at its next safe point; what was finished is kept. Safe in a signal handler. */
void microtome_stop(void);

/* Releases a text; an empty one is left alone. */
void microtome_free(MicrotomeText* text);

#ifdef __cplusplus
}
#endif

#endif
