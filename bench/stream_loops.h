/* stream_loops.h - the loops of stream.c, once for each width of a vector
 * SPDX-License-Identifier: MIT
 *
 * Set by stream.c: TARGET, NAME(x), vec, LANES, LOAD, STORE, PAST, ADD. */

TARGET static void NAME(copy)(float *out, const float *a, size_t n)
{
    for (size_t i = 0; i < n; i += 4 * LANES) {
        const vec v0 = LOAD(a + i), v1 = LOAD(a + i + LANES),
                  v2 = LOAD(a + i + 2 * LANES), v3 = LOAD(a + i + 3 * LANES);
        STORE(out + i, v0);
        STORE(out + i + LANES, v1);
        STORE(out + i + 2 * LANES, v2);
        STORE(out + i + 3 * LANES, v3);
    }
}

TARGET static void NAME(copy_past)(float *out, const float *a, size_t n)
{
    for (size_t i = 0; i < n; i += 4 * LANES) {
        const vec v0 = LOAD(a + i), v1 = LOAD(a + i + LANES),
                  v2 = LOAD(a + i + 2 * LANES), v3 = LOAD(a + i + 3 * LANES);
        PAST(out + i, v0);
        PAST(out + i + LANES, v1);
        PAST(out + i + 2 * LANES, v2);
        PAST(out + i + 3 * LANES, v3);
    }
}

TARGET static void NAME(triad)(float *out, const float *a, const float *b,
                               size_t n)
{
    for (size_t i = 0; i < n; i += 2 * LANES) {
        const vec v0 = ADD(LOAD(a + i), LOAD(b + i)),
                  v1 = ADD(LOAD(a + i + LANES), LOAD(b + i + LANES));
        STORE(out + i, v0);
        STORE(out + i + LANES, v1);
    }
}

TARGET static void NAME(triad_past)(float *out, const float *a, const float *b,
                                    size_t n)
{
    for (size_t i = 0; i < n; i += 2 * LANES) {
        const vec v0 = ADD(LOAD(a + i), LOAD(b + i)),
                  v1 = ADD(LOAD(a + i + LANES), LOAD(b + i + LANES));
        PAST(out + i, v0);
        PAST(out + i + LANES, v1);
    }
}

#undef TARGET
#undef NAME
#undef vec
#undef LANES
#undef LOAD
#undef STORE
#undef PAST
#undef ADD
