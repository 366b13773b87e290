/* storage_real.cl - elements of 32 and 64 bits: stored as they are computed
 * SPDX-License-Identifier: MIT
 * needs: types.cl
 * used by: all with float32 or float64 but float_check or initializer */
typedef real stored;
typedef realv storedv;

#define load_one(p) (*(p))
#define widen(v) (v)
#define narrow(v) (v)
#define round_to_storage(v) (v)
#define round_to_storage_computed(v) (v)
