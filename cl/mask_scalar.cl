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
#define is_uniform(p, i, count, run) true
#define uniform_parameter(p, run) ((realv)((p)->all))
#define parameter_at(p, i, run) uniform_parameter(p, run)
#define parameter_of_one(argument, p, i) ((realv)((p)->all))
#define UNIT_LOOP UNROLLED
