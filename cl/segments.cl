/* segments.cl - ELU of 16 bits at alpha 1, by pieces
 * SPDX-License-Identifier: MIT
 *
 * 16 bits have so few negative numbers that a polynomial on each of a few
 * segments gives what exponential.cl does, for every one of them: expm1,
 * correctly rounded.  A vector finds its coefficients in two registers, by five
 * bits of each number's float32: the last of its exponent and the first of its
 * mantissa.  scripts/segments.c makes the tables. */
#if VECTOR == 32

/* What is nearer to 0 is in its segment, and what is further from 0 than END
 * has the same result. */
#define NEAREST -0x1.4p-5f
#if DTYPE == 2
#define END 0xc8ff
#else
#define END 0xc11f
#define NEAREST_BITS 0xbd20
#endif

#if DTYPE == 2
#define LOW_0 \
    (float16)(-0x1.81c94cp-3f, -0x1.2de19ep-2f, -0x1.a063p-2f, \
              -0x1.00d3fep-1f, -0x1.4b2904p-1f, -0x1.9587f6p-1f, \
              -0x1.c5e2dp-1f, -0x1.e143a6p-1f, -0x1.f9a3aap-1f, -0x0p+0f, \
              -0x1.1ba95ap-22f, -0x1.f47bd4p-22f, -0x1.fdadccp-21f, \
              -0x1.1a0e2ep-19f, -0x1.106696p-18f, -0x1.dda332p-18f)
#define HIGH_0 \
    (float16)(-0x1.e1e96p-17f, -0x1.0766fcp-15f, -0x1.f6831cp-15f, \
              -0x1.b32652p-14f, -0x1.af035ep-13f, -0x1.cbb774p-12f, \
              -0x1.abe618p-11f, -0x1.69989ep-10f, -0x1.595e4p-9f, \
              -0x1.5efc3p-8f, -0x1.376338p-7f, -0x1.f5cde8p-7f, \
              -0x1.cd011ep-6f, -0x1.9db0ccp-5f, -0x1.4efbdcp-4f, \
              -0x1.ed8a7ap-4f)
#define LOW_1 \
    (float16)(0x1.392bp-1f, 0x1.eef454p-2f, 0x1.7bf5fp-2f, 0x1.27603ap-2f, \
              0x1.71acbap-3f, 0x1.771ea4p-4f, 0x1.65f9ccp-5f, 0x1.50fb9ep-6f, \
              0x1.a2ae1cp-9f, 0x1p+0f, 0x1.fffd42p-1f, 0x1.fffbcep-1f, \
              0x1.fff8dap-1f, 0x1.fff31p-1f, 0x1.ffeadep-1f, 0x1.ffdfe4p-1f)
#define HIGH_1 \
    (float16)(0x1.ffc9b8p-1f, 0x1.ff9ef2p-1f, 0x1.ff6344p-1f, 0x1.ff148ap-1f, \
              0x1.fe78bep-1f, 0x1.fd544ap-1f, 0x1.fbc8b2p-1f, 0x1.f9cedcp-1f, \
              0x1.f60d46p-1f, 0x1.ef5f76p-1f, 0x1.e6e21ep-1f, 0x1.dcaefp-1f, \
              0x1.c9a118p-1f, 0x1.ae3646p-1f, 0x1.8e243cp-1f, 0x1.6c1f6ap-1f)
#define LOW_2 \
    (float16)(0x1.6051cap-3f, 0x1.ed1d5ap-4f, 0x1.52f4c4p-4f, 0x1.e1b6a8p-5f, \
              0x1.063b52p-5f, 0x1.c51502p-7f, 0x1.77233cp-8f, 0x1.38c80cp-9f, \
              0x1.185f98p-12f, 0x1.fff77ap-2f, 0x1.ff5cep-2f, 0x1.ff27dep-2f, \
              0x1.fecbb2p-2f, 0x1.fe37dp-2f, 0x1.fd8914p-2f, 0x1.fcc05ep-2f)
#define HIGH_2 \
    (float16)(0x1.fb66ccp-2f, 0x1.f943c8p-2f, 0x1.f6c77ap-2f, 0x1.f3f7ep-2f, \
              0x1.ef397ap-2f, 0x1.e7ea68p-2f, 0x1.dfacbp-2f, 0x1.d6a41cp-2f, \
              0x1.c7fe0cp-2f, 0x1.b29b7p-2f, 0x1.9bf3a6p-2f, 0x1.849ebp-2f, \
              0x1.5faf92p-2f, 0x1.33d866p-2f, 0x1.08fc9ap-2f, 0x1.c40d6p-3f)
#define LOW_3 \
    (float16)(0x1.20fc5cp-6f, 0x1.5e8eb6p-7f, 0x1.a93f6ap-8f, 0x1.118212p-8f, \
              0x1.00162ep-9f, 0x1.752f84p-11f, 0x1.0a8a6cp-12f, \
              0x1.88382ap-14f, 0x1.df30a6p-18f, 0x1.50882ap-3f, \
              0x1.44701ep-3f, 0x1.41e9c4p-3f, 0x1.3e2b18p-3f, 0x1.393c5p-3f, \
              0x1.34611ap-3f, 0x1.2f992cp-3f)
#define HIGH_3 \
    (float16)(0x1.2893c6p-3f, 0x1.1f73d8p-3f, 0x1.169bc8p-3f, 0x1.0e0962p-3f, \
              0x1.01b224p-3f, 0x1.e42a6cp-4f, 0x1.c6d4e2p-4f, 0x1.ab4656p-4f, \
              0x1.852462p-4f, 0x1.576aaep-4f, 0x1.2f106ep-4f, 0x1.0b7406p-4f, \
              0x1.b74402p-5f, 0x1.59a59p-5f, 0x1.0d30ap-5f, 0x1.a34a6ap-6f)
#else
#define LOW_0 \
    (float16)(-0x1.8b1afap-2f, -0x1.0767fcp-1f, -0x1.41194ap-1f, \
              -0x1.70d528p-1f, -0x1.a0e2c6p-1f, -0x1.d1701ep-1f, \
              -0x1.e95152p-1f, -0x1.f55226p-1f, -0x1.fc7feap-1f, -0x0p+0f, \
              -0x1.5c881ap-16f, -0x1.0aae46p-15f, -0x1.c461f4p-15f, \
              -0x1.9a286p-14f, -0x1.4f964ep-13f, -0x1.fe93a8p-13f)
#define HIGH_0 \
    (float16)(-0x1.ad5876p-12f, -0x1.80ca0ap-11f, -0x1.37370ep-10f, \
              -0x1.d41244p-10f, -0x1.82f494p-9f, -0x1.52f4acp-8f, \
              -0x1.0bfa28p-7f, -0x1.8a0506p-7f, -0x1.3b10ccp-6f, \
              -0x1.07f524p-5f, -0x1.8f613cp-5f, -0x1.191a26p-4f, \
              -0x1.a5eep-4f, -0x1.450674p-3f, -0x1.c52ef2p-3f, \
              -0x1.269ca6p-2f)
#define LOW_1 \
    (float16)(0x1.625d58p-2f, 0x1.f01572p-3f, 0x1.550d9ap-3f, 0x1.ce704ep-4f, \
              0x1.0fa54cp-4f, 0x1.c087acp-6f, 0x1.7cc9dap-7f, 0x1.3d8782p-8f, \
              0x1.62c4fap-10f, 0x1.ffffcep-1f, 0x1.ff5d9ep-1f, 0x1.ff28b6p-1f, \
              0x1.fecdccp-1f, 0x1.fe3a46p-1f, 0x1.fd8be6p-1f, 0x1.fcc388p-1f)
#define HIGH_1 \
    (float16)(0x1.fb6eap-1f, 0x1.f94cdap-1f, 0x1.f6d1b4p-1f, 0x1.f4032ep-1f, \
              0x1.ef54d2p-1f, 0x1.e8091cp-1f, 0x1.dfce4p-1f, 0x1.d6c81p-1f, \
              0x1.c8516ap-1f, 0x1.b2f366p-1f, 0x1.9c4df8p-1f, 0x1.84f99cp-1f, \
              0x1.626e18p-1f, 0x1.348ce2p-1f, 0x1.09a034p-1f, 0x1.c53014p-2f)
#define LOW_2 \
    (float16)(0x1.b4b2d8p-5f, 0x1.08dfp-5f, 0x1.414e0cp-6f, 0x1.85c334p-7f, \
              0x1.90b446p-8f, 0x1.140fa2p-9f, 0x1.963a92p-11f, \
              0x1.2ae2eep-12f, 0x1.1b0f1ap-14f, 0x1.fab86p-2f, 0x1.e6b57ep-2f, \
              0x1.e2ebdep-2f, 0x1.dd5acep-2f, 0x1.d5f43ap-2f, 0x1.ceab06p-2f, \
              0x1.c77ebcp-2f)
#define HIGH_2 \
    (float16)(0x1.bd0e94p-2f, 0x1.af5d2ep-2f, 0x1.a217a2p-2f, 0x1.953a9cp-2f, \
              0x1.82e0aep-2f, 0x1.6b701ap-2f, 0x1.556b16p-2f, 0x1.40bb9ap-2f, \
              0x1.245dbap-2f, 0x1.02032p-2f, 0x1.c763d2p-3f, 0x1.91e156p-3f, \
              0x1.4e0d2p-3f, 0x1.0428cep-3f, 0x1.953984p-4f, 0x1.3b96dcp-4f)
#endif

realv coefficient(float16 low, float16 high, intv segment)
{
    return join(__builtin_ia32_vpermi2varps512(low, segment.lo, high),
                __builtin_ia32_vpermi2varps512(low, segment.hi, high));
}
#define COEFFICIENT(k) coefficient(LOW_##k, HIGH_##k, segment)

#if DTYPE == 2
float16 at_most_nearest(float16 x)
{
    return __builtin_ia32_minps512(x, (float16)(NEAREST), 4);
}

realv expm1_by_segments(packed bits)
{
    const realv x = widen(AT_MOST(bits, END));
    const intv segment =
        AS_INTV(join(at_most_nearest(x.lo), at_most_nearest(x.hi))) >> 21;
    const realv q =
        fma(fma(COEFFICIENT(3), x, COEFFICIENT(2)), x, COEFFICIENT(1));
    return fma(q, x, COEFFICIENT(0));
}
#else
realv expm1_by_segments(packed bits)
{
    const packed least = AT_MOST(bits, END);
    const packed nearest = (packed)(NEAREST_BITS);
    const uint16 pairs =
        __builtin_astype(least > nearest ? least : nearest, uint16);
    const intv segment = (intv)(as_int16(pairs >> 5), as_int16(pairs >> 21));
    const realv x = widen(least);
    return fma(fma(COEFFICIENT(2), x, COEFFICIENT(1)), x, COEFFICIENT(0));
}
#endif
#define EXPM1(x) expm1_by_segments(x)
#endif
