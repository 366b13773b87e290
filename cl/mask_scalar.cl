/* mask_scalar.cl - the parameter of elements with a mask: one for all
 * SPDX-License-Identifier: MIT
 * needs: types.cl
 * used by: mask but alphas */

typedef real mask_argument;
#define MASK_ARGUMENTS const real argument

struct parameter {
    real all;
};
#define PARAMETER_OF_CALL(start) {argument}

/* Nothing to keep. */
struct alpha_run {
    ulong end;
};

#define has_vectors(p) true
#define parameter_at(p, i, run) ((realv)((p)->all))
#define parameter_of_one(argument, p, i) ((realv)((p)->all))
#define UNIT_LOOP UNROLLED
