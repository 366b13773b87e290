/* stream_loops.h - the loops of stream.c, once for each width of a vector
 * SPDX-License-Identifier: MIT
 *
 * Set by stream.c: TARGET, NAME(x), vec, LANES, LOAD, STORE, PAST, ADD. */

#define COPY_LOOP(name, CALL, STORE_TO) \
    TARGET static void NAME(name)(float *out, const float *a, size_t n) \
    { \
        for (size_t i = 0; i < n; i += 4 * LANES) { \
            CALL(a + i, 4 * LANES); \
            const vec v0 = LOAD(a + i), v1 = LOAD(a + i + LANES), \
                      v2 = LOAD(a + i + 2 * LANES), \
                      v3 = LOAD(a + i + 3 * LANES); \
            STORE_TO(out + i, v0); \
            STORE_TO(out + i + LANES, v1); \
            STORE_TO(out + i + 2 * LANES, v2); \
            STORE_TO(out + i + 3 * LANES, v3); \
        } \
    }

#define TRIAD_LOOP(name, CALL, STORE_TO) \
    TARGET static void NAME(name)(float *out, const float *a, const float *b, \
                                  size_t n) \
    { \
        for (size_t i = 0; i < n; i += 2 * LANES) { \
            CALL(a + i, 2 * LANES); \
            CALL(b + i, 2 * LANES); \
            const vec v0 = ADD(LOAD(a + i), LOAD(b + i)), \
                      v1 = ADD(LOAD(a + i + LANES), LOAD(b + i + LANES)); \
            STORE_TO(out + i, v0); \
            STORE_TO(out + i + LANES, v1); \
        } \
    }

COPY_LOOP(copy, CALL_NOTHING, STORE)
COPY_LOOP(copy_past, CALL_NOTHING, PAST)
COPY_LOOP(copy_ahead, CALL_AHEAD, STORE)
COPY_LOOP(copy_past_ahead, CALL_AHEAD, PAST)
TRIAD_LOOP(triad, CALL_NOTHING, STORE)
TRIAD_LOOP(triad_past, CALL_NOTHING, PAST)
TRIAD_LOOP(triad_ahead, CALL_AHEAD, STORE)
TRIAD_LOOP(triad_past_ahead, CALL_AHEAD, PAST)

#define CHOOSE(loop, past, ahead) \
    ((past)    ? (ahead) ? NAME(loop##_past_ahead) : NAME(loop##_past) \
        : (ahead) ? NAME(loop##_ahead) \
               : NAME(loop))

static stream_copy *NAME(find_copy)(bool past, bool ahead)
{
    return CHOOSE(copy, past, ahead);
}

static stream_triad *NAME(find_triad)(bool past, bool ahead)
{
    return CHOOSE(triad, past, ahead);
}

#undef COPY_LOOP
#undef TRIAD_LOOP
#undef CHOOSE
#undef TARGET
#undef NAME
#undef vec
#undef LANES
#undef LOAD
#undef STORE
#undef PAST
#undef ADD
