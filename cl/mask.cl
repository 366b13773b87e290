/* mask.cl - y and a mask of x, or dx from that mask
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl activations.cl mask_scalar.cl
 *     mask_alphas.cl
 * used by: mask
 *
 * A bit is 1 where x has the derivative 1.  A work-item takes a unit at a time:
 * a CPU 32 elements, with an element of the mask; a GPU 8 elements or a longer
 * vector, with bytes of the mask.  Units begin where the mask does, so the
 * arrays may be at any address.
 *
 * Set by the host:
 *   MASK_OP      leaky_relu or thresholded_relu
 *   DX           0: y and the mask from x; 1: dx from dy and the mask
 *   ACCUMULATE   1: dx is added to */
#if GROUP == 1
#define UNIT 32
#define PARTS (CAN_PREFETCH ? 2 : 1) /* of a span, interleaved */
#elif VECTOR > 8
#define UNIT VECTOR
#define PARTS 1
#else
#define UNIT 8
#define PARTS 1
#endif

/* ------------------------------------------------------------------ bits -- */

/* In each lane, the bit of the unit's element h, h + 1 ... */
#define BITS_FROM(h)                                                           \
    ((intv)(1) << (CAT(convert_, WIDE(INTEGER))(VLOAD(count_up)) +             \
                   (intv)((INTEGER)(h))))

/* Those of bits whose derivative is 1. */
#define leaky_relu_bits(x, p, bits) (is_below_0(x) ? (intv)(0) : (bits))
#define thresholded_relu_bits(x, p, bits) ((x) > (p) ? (bits) : (intv)(0))

#define HALVES(v) ((v).lo | (v).hi)
#if VECTOR == 1
#define ALL_BITS(v) (v)
#elif VECTOR == 2
#define ALL_BITS(v) HALVES(v)
#elif VECTOR == 4
#define ALL_BITS(v) HALVES(HALVES(v))
#elif VECTOR == 8
#define ALL_BITS(v) HALVES(HALVES(HALVES(v)))
#else
#define ALL_BITS(v) HALVES(HALVES(HALVES(HALVES(v))))
#endif

/* Byte i of the mask, as its elements are in memory. */
#ifdef __ENDIAN_LITTLE__
#define BYTE(i) (i)
#else
#define BYTE(i) ((i) ^ 3)
#endif

/* The bits of the unit that begins with element i. */
INLINED uint load_bits(__global const uint *mask, ulong i)
{
#if GROUP == 1
    return mask[i / UNIT];
#else
    uint bits = 0;
    for (uint k = 0; k < UNIT / 8; k++)
        bits |= (uint)((__global const uchar *)mask)[BYTE(i / 8 + k)] << 8 * k;
    return bits;
#endif
}

INLINED void store_bits(uint bits, __global uint *mask, ulong i)
{
#if GROUP == 1
    mask[i / UNIT] = bits;
#else
    for (uint k = 0; k < UNIT / 8; k++)
        ((__global uchar *)mask)[BYTE(i / 8 + k)] = (uchar)(bits >> 8 * k);
#endif
}

/* ----------------------------------------------------------------- units -- */

/* y of x, or dx of dy, with those bits of the unit.  Only comparisons look at
 * the x of a bit. */
INLINED storedv masked(storedv in, realv p, intv bits, storedv old, intv *unit)
{
#if DX
    const realv x =
        (*unit & bits) != 0 ? (realv)(INFINITY) : (realv)(-INFINITY);
    const realv dx = CAT(MASK_OP, _backward)(x, p, widen(in));
#if ACCUMULATE
    return round_to_storage(widen(old) + dx);
#else
    return leaky_relu_round(dx);
#endif
#else
    const realv x = widen(in);
    *unit |= CAT(MASK_OP, _bits)(x, p, bits);
    return CAT(MASK_OP, _y)(in, p);
#endif
}

INLINED void prefetch_unit(__global const stored *in, bool is_new,
                           __global const stored *out)
{
    for (uint line = 0; line < UNIT; line += LINE) {
        prefetch_l1(in + 256 / sizeof(stored) + line);
        if (is_new)
            prefetch_output(out + line);
    }
}

/* The vector of a unit from element h on, with the parameter a. */
INLINED storedv masked_vector(__global const stored *in,
                              __global const stored *out, ulong i, uint h,
                              bool aligned, realv a, intv *unit)
{
    const storedv v = load_vector(in + i + h, aligned);
    const storedv old =
        DX && ACCUMULATE ? load_vector(out + i + h, aligned) : v;
    return masked(v, a, BITS_FROM(h), old, unit);
}

INLINED void store_unit(const storedv v[UNIT / VECTOR], intv unit, ulong i,
                        bool aligned, uint non_temporal, __global stored *out,
                        __global uint *mask)
{
    UNROLLED
    for (uint h = 0; h < UNIT; h += VECTOR) {
        if (aligned)
            store_vector(v[h / VECTOR], out + i + h, non_temporal);
        else
            store(v[h / VECTOR], out + i + h);
    }
    if (!DX)
        store_bits((uint)(ALL_BITS(unit)), mask, i);
}

INLINED void process_unit(const struct parameter *p, __global const stored *in,
                          ulong i, bool aligned, uint non_temporal,
                          __global stored *out, __global uint *mask,
                          struct alpha_run *run)
{
    storedv v[UNIT / VECTOR];
    intv unit = (intv)((INTEGER)(DX ? load_bits(mask, i) : 0));
    if (is_uniform(p, i, UNIT, run)) {
        const realv a = uniform_parameter(p, run);
        UNROLLED
        for (uint h = 0; h < UNIT; h += VECTOR)
            v[h / VECTOR] = masked_vector(in, out, i, h, aligned, a, &unit);
        store_unit(v, unit, i, aligned, non_temporal, out, mask);
    } else {
        UNIT_LOOP
        for (uint h = 0; h < UNIT; h += VECTOR)
            v[h / VECTOR] =
                masked_vector(in, out, i, h, aligned,
                              parameter_at(p, i + h, run), &unit);
        store_unit(v, unit, i, aligned, non_temporal, out, mask);
    }
}

/* The first count elements of a unit, one by one; forward, all of its bits. */
INLINED void process_singles(const mask_argument argument,
                             const struct parameter *p,
                             __global const stored *in, ulong i, uint count,
                             __global stored *out, __global uint *mask)
{
    intv unit = (intv)((INTEGER)(DX ? load_bits(mask, i) : 0));
    ROLLED
    for (uint k = 0; k < count; k++) {
        const intv bit = (intv)(1) << (intv)((INTEGER)(k));
        const storedv v =
            masked((storedv)(in[i + k]), parameter_of_one(argument, p, i + k),
                   bit, (storedv)(out[i + k]), &unit);
        out[i + k] = ELEMENT(v, 0);
    }
    if (!DX)
        store_bits((uint)ELEMENT(unit, 0), mask, i);
}

/* A work-group takes span elements, which is a multiple of UNIT and of 32.
 * Non-temporal stores need aligned vectors. */
__kernel WG_SIZED
void mask_pass(const ulong n, MASK_ARGUMENTS, const ulong span,
               const ulong first, const uint non_temporal,
               __global const stored *in, const ulong in_offset,
               __global stored *out, const ulong out_offset,
               __global uint *mask, const ulong mask_offset)
{
    const ulong start = (first + get_group_id(0)) * span;
    const ulong end = min(n, start + span);
    const struct parameter p = PARAMETER_OF_CALL(start);
    const ulong units = has_vectors(&p) ? (end - start) / UNIT : 0;
    const ulong part = (units + PARTS - 1) / PARTS;
    in += in_offset;
    out += out_offset;
    mask += mask_offset;
    const bool aligned = is_aligned(in) && is_aligned(out);
    const bool is_new = !non_temporal && out != in;
    struct alpha_run runs[PARTS];
    for (uint k = 0; k < PARTS; k++)
        runs[k].end = 0;
    for (ulong u = get_local_id(0); u < part; u += GROUP) {
        ROLLED
        for (uint k = 0; k < PARTS; k++) {
            const ulong i = start + (k * part + u) * UNIT;
            if (k * part + u >= units)
                break;
            prefetch_unit(in + i, is_new, out + i);
            process_unit(&p, in, i, aligned, non_temporal, out, mask,
                         &runs[k]);
        }
    }
    /* To the end of the mask, of whose last element forward clears the rest. */
    for (ulong i = start + (units + get_local_id(0)) * UNIT;
         i < (end + 31) / 32 * 32; i += GROUP * UNIT)
        process_singles(argument, &p, in, i,
                        i < end ? (uint)min(end - i, (ulong)UNIT) : 0, out,
                        mask);
}
