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

/* A vector from each of four parts in turn: more of a memory is busy so. */
#define PARTS_LOOP(name, parameters, CALL, STORE_TO, RESULT) \
    TARGET static void NAME(name) parameters \
    { \
        const size_t part = n / 4, j = part, k = 2 * part, l = 3 * part; \
        for (size_t i = 0; i < part; i += LANES) { \
            CALL(i) \
            CALL(i + j) \
            CALL(i + k) \
            CALL(i + l) \
            const vec v0 = RESULT(i), v1 = RESULT(i + j), v2 = RESULT(i + k), \
                      v3 = RESULT(i + l); \
            STORE_TO(out + i, v0); \
            STORE_TO(out + i + j, v1); \
            STORE_TO(out + i + k, v2); \
            STORE_TO(out + i + l, v3); \
        } \
    }
#define COPY_OF(i) LOAD(a + (i))
#define SUM_OF(i) ADD(LOAD(a + (i)), LOAD(b + (i)))
#define COPY_PARTS(name, CALL, STORE_TO) \
    PARTS_LOOP(name, (float *out, const float *a, size_t n), CALL, STORE_TO, \
               COPY_OF)
#define TRIAD_PARTS(name, CALL, STORE_TO) \
    PARTS_LOOP(name, (float *out, const float *a, const float *b, size_t n), \
               CALL, STORE_TO, SUM_OF)

COPY_LOOP(copy, CALL_NOTHING, STORE)
COPY_LOOP(copy_past, CALL_NOTHING, PAST)
COPY_LOOP(copy_ahead, CALL_AHEAD, STORE)
COPY_LOOP(copy_past_ahead, CALL_AHEAD, PAST)
TRIAD_LOOP(triad, CALL_NOTHING, STORE)
TRIAD_LOOP(triad_past, CALL_NOTHING, PAST)
TRIAD_LOOP(triad_ahead, CALL_AHEAD, STORE)
TRIAD_LOOP(triad_past_ahead, CALL_AHEAD, PAST)
COPY_PARTS(copy_parts, CALL_NONE, STORE)
COPY_PARTS(copy_past_parts, CALL_NONE, PAST)
COPY_PARTS(copy_ahead_parts, CALL_A, STORE)
COPY_PARTS(copy_past_ahead_parts, CALL_A, PAST)
TRIAD_PARTS(triad_parts, CALL_NONE, STORE)
TRIAD_PARTS(triad_past_parts, CALL_NONE, PAST)
TRIAD_PARTS(triad_ahead_parts, CALL_A_AND_B, STORE)
TRIAD_PARTS(triad_past_ahead_parts, CALL_A_AND_B, PAST)

#define CHOOSE(loop, past, ahead, parts) \
    ((parts) ? CHOOSE_2(loop, past, ahead, _parts) \
             : CHOOSE_2(loop, past, ahead, ))
#define CHOOSE_2(loop, past, ahead, parts) \
    ((past) \
         ? (ahead) ? NAME(loop##_past_ahead##parts) : NAME(loop##_past##parts) \
     : (ahead) ? NAME(loop##_ahead##parts) \
               : NAME(loop##parts))

static stream_copy *NAME(find_copy)(bool past, bool ahead, bool parts)
{
    return CHOOSE(copy, past, ahead, parts);
}

static stream_triad *NAME(find_triad)(bool past, bool ahead, bool parts)
{
    return CHOOSE(triad, past, ahead, parts);
}

#undef COPY_LOOP
#undef TRIAD_LOOP
#undef PARTS_LOOP
#undef COPY_OF
#undef SUM_OF
#undef COPY_PARTS
#undef TRIAD_PARTS
#undef CHOOSE
#undef CHOOSE_2
#undef TARGET
#undef NAME
#undef vec
#undef LANES
#undef LOAD
#undef STORE
#undef PAST
#undef ADD
