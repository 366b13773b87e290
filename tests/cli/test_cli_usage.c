/* test_cli_usage.c - lines that are refused
 * SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "cli.h"
#include "device.h"
#include "tap.h"

#if SIZE_MAX > UINT32_MAX
#define LARGEST "9223372036854775807"
#else
#define LARGEST "2147483647"
#endif

/* A line, and what its error names. */
static const char *const misused[][2] = {
    {"", "a command is missing"},
    {"forwards", "'forwards' is not a command (did you mean 'forward'?)"},
    {"FORWARD", "(did you mean 'forward'?)"},
    {"dvices", "(did you mean 'devices'?)"},
    {"comiple", "(did you mean 'compile'?)"},
    {"run", "'run' is not a command; see"},
    {"forward leaky-relu " X6, "(did you mean 'leaky_relu'?)"},
    {"forward thresholdedrelu " X6, "(did you mean 'thresholded_relu'?)"},
    {"forward sigmoid " X6, "'sigmoid' is not an operation, must"},
    {"forward elu " X6 " --alhpa 3", "(did you mean '--alpha'?)"},
    {"forward elu " X6 " --dvice=cpu", "(did you mean '--device'?)"},
    {"forward elu " X6 " --gradeint dy.npy", "--gradeint is not an option;"},
    {"compile --outptu x", "(did you mean '--output'?)"},
    {"pack folder --sorce x", "--sorce is not an option;"},
    {"pack folder -o x --device cpu", "--device does not belong to pack"},
    {"cache list --op elu", "--op does not belong to cache list"},
    {"forward", "operation is missing"},
    {"forward relu " X6, "'relu'"},
    {"forward ELU " X6, "'ELU'"},
    {"forward '' " X6, "''"},
    {"forward elu", "--input"},
    {"forward elu -i x.npy", "--output"},
    {"forward elu -o y.npy", "--input"},
    {"forward elu " X6 " more", "'more'"},
    {"forward elu -- " X6, "'-i'"},
    {"forward elu " X6 " --nope", "--nope"},
    {"forward elu " X6 " --nope=3", "--nope"},
    {"forward elu " X6 " -z", "-z"},
    {"forward elu -o y.npy -i", "-i needs"},
    {"forward elu -o y.npy --input", "--input needs"},
    {"forward elu " X6 " --help=3", "--help"},
    {"forward elu " X6 " -i x.npy", "--input is given twice"},
    {"forward elu " X6 " --alpha 1 --alpha 1", "--alpha is given twice"},
    {"forward elu " G6, "--gradient"},
    {"backward elu " X6, "--gradient is missing"},
    {"forward prelu " X6 " --dalpha da.npy", "--dalpha"},
    {"backward elu " G6 " --dalpha da.npy", "--dalpha"},
    {"forward elu " X6 " --from-output", "--from-output"},
    {"backward elu " G6 " --from-output --bias b.npy",
     "--from-output excludes --bias"},
    {"forward elu " X6 " --mask m.npy", "--mask does not belong to elu"},
    {"forward prelu " X6 " --mask m.npy --gain 2", "--mask excludes --gain"},
    {"backward prelu " G6 " --mask m.npy", "--mask excludes --input"},
    {"forward elu " X6 " --theta 1", "--theta"},
    {"forward prelu " X6 " --theta 1", "--theta"},
    {"forward thresholded_relu " X6 " --alpha 1", "--alpha"},
    {"forward leaky_relu " X6 " --shared-axes 1", "--shared-axes"},
    {"forward elu " X6 " --alpha-file a3.npy", "--alpha-file"},
    {"forward prelu " X6 " --alpha 1 --alpha-file a3.npy", "--alpha-file"},
    {"forward elu " X6 " --alpha-initializer ones", "--alpha-initializer"},
    {"forward prelu " X6 " --alpha 1 --alpha-initializer ones",
     "--alpha-initializer"},
    {"forward prelu " X6 " --seed 1", "--alpha-initializer"},
    {"forward elu " X6 " --alpha-layout torch", "--alpha-layout does not"},
    {"forward prelu " X6 " --alpha-layout torch", "needs --alpha-file"},
    {"forward prelu " X6 " --alpha-file a3.npy --alpha-layout jax",
     "--alpha-layout: 'jax' must be keras, torch or onnx"},
    {"forward prelu " X6 " --alpha-file a3.npy --alpha-layout ''",
     "'' must be"},
    {"forward prelu " X6 " --alpha-file a3.npy --alpha-layout onnx "
     "--shared-axes 1",
     "--shared-axes does not go with --alpha-layout onnx"},
    {"plot prelu -o y.png --alpha-file a3.npy", "--alpha-file"},
    {"explain prelu --shape 2,3 --alpha-layout torch", "needs --alpha-file"},
    {"forward prelu " X6 " --alpha-initializer ones --seed -1", "'-1'"},
    {"forward prelu " X6 " --alpha-initializer ones --seed 1.5", "'1.5'"},
    {"forward prelu " X6
     " --alpha-initializer ones --seed 18446744073709551616",
     "--seed: '18446744073709551616' must be an integer in 0..2^64-1"},
    {"forward elu " X6 " --memory 0",
     "--memory: '0' is not in 1..2^64-1 bytes"},
    {"forward elu " X6 " --memory 99999999T", "'99999999T' is not in 1..2^64"},
    {"forward elu " X6 " --memory 99999999999999999999",
     "9' is not in 1..2^64"},
    {"forward elu " X6 " --memory 2X", "'2X' must be bytes, or such as 256M"},
    {"forward elu " X6 " --memory -1", "'-1' must be bytes"},
    {"forward elu " X6 " --alpha 1e999",
     "--alpha: '1e999' is too large, must be at most 1.79e308"},
    {"forward elu " X6 " --alpha -1e999", "'-1e999' is too large"},
    {"backward prelu " G6 " --alpha-out a.npy --learning-rate 1e400",
     "--learning-rate: '1e400' is too large"},
    {"plot elu -o y.svg --range 1,x", "--range: '1,x' must be two numbers A,B"},
    {"plot elu -o y.svg --range 1,1e39",
     "'1,1e39' must be in -3.4e+38..3.4e+38"},
    {"plot elu -o y.svg --range -1e400,1", "'-1e400,1' must be in -3.4e+38.."},
    {"plot elu -o y.svg --range 2,1", "'2,1' must be A,B with A < B"},
    {"forward elu " X6 " --alpha x", "'x'"},
    {"forward elu " X6 " --alpha ''", "--alpha"},
    {"forward elu " X6 " --alpha 0.3x", "'0.3x'"},
    {"forward elu " X6 " --alpha 0,3", "'0,3'"},
    {"forward thresholded_relu " X6 " --theta=1..2", "'1..2'"},
    {"forward prelu " X6 " --alpha none", "'none'"},
    {"forward prelu " X6 " --shared-axes ''", "--shared-axes"},
    {"forward prelu " X6 " --shared-axes a", "'a'"},
    {"forward prelu " X6 " --shared-axes 1,", "'1,'"},
    {"forward prelu " X6 " --shared-axes ,1", "',1'"},
    {"forward prelu " X6 " --shared-axes 1,,1", "'1,,1'"},
    {"forward prelu " X6 " --shared-axes 1;2", "'1;2'"},
    {"forward prelu " X6 " --shared-axes 1.5", "'1.5'"},
    {"forward prelu " X6 " --shared-axes 4294967297",
     "--shared-axes: '4294967297' is not in -2147483648..2147483647"},
    {"forward prelu " X6 " --shared-axes 1,99999999999999999999",
     "--shared-axes: '99999999999999999999' is not in -2147483648.."},
    {"devices more", "'more'"},
    {"devices -i x.npy", "--input"},
    {"explain elu", "--shape"},
    {"explain elu --shape 2 -i x.npy", "--shape"},
    {"explain elu --shape -1", "--shape: '-1' is not in 0.." LARGEST},
    {"explain elu --shape 2,-3,4", "--shape: '-3' is not in 0.." LARGEST},
    {"explain elu --shape 99999999999999999999",
     "--shape: '99999999999999999999' is not in 0.." LARGEST},
    {"explain elu --shape 2,x", "--shape: '2,x' must be integers"},
    {"explain elu --shape ''", "--shape"},
    {"explain elu --shape 2,3 --shared-axes 1", "--shared-axes"},
    {"source", "an operation is missing"},
    {"source elu --prefix 3a", "--prefix is '3a', must be letters"},
    {"source elu --prefix ''", "--prefix is ''"},
    {"source elu --device cpu", "--device is not an option of source"},
    {"source elu --alpha 1", "--alpha needs --chain"},
    {"source elu --gain 2", "--gain needs --chain"},
    {"source elu --chain bias,dx", "--chain: 'bias,dx' must be scale, bias"},
    {"source elu --chain bias,", "--chain: 'bias,' must be"},
    {"source elu --chain bias,bias", "--chain: 'bias,bias' has bias twice"},
    {"source elu --chain bias --gain 0", "--gain: '0' must not be 0"},
    {"source prelu --chain bias --alpha 1", "--alpha does not belong to prelu"},
    {"source elu --chain bias --alpha 1e99", "--alpha is 1e+99, must be"},
    {"source gelu", "'gelu' is not an operation"},
    {"forward elu " X6 " --json", "--json is not an option of forward"},
    {"plot elu", "--output is missing"},
    {"plot elu -o y.png --theta 1", "--theta"},
    {"plot elu -o y.png --input x.npy", "--input"},
};

static void test_usage(void)
{
    for (size_t i = 0; i < COUNT_OF(misused); i++)
        cli_refuse(misused[i][0], 2, misused[i][1]);
    cli_refuse("forward relu " X6, 2, "; see 'clrelu forward --help'");
}

/* Those that the library has, by commas and "or" but for the last. */
static void test_operations(const char *line)
{
    struct cli_result r = cli_run(line);
    const char *name, *at = strstr(r.err, "must be ");
    char *word = strtok(r.err + (at ? at - r.err + 8 : 0), " ,;");

    for (int i = 1; (name = clrelu_op_name((clrelu_op)i)); i++) {
        ok(at && word && strcmp(word, name) == 0, "%s: tells of %s", line,
           name);
        word = strtok(NULL, " ,;");
        if (word && strcmp(word, "or") == 0)
            word = strtok(NULL, " ,;");
    }
    ok(word && (strcmp(word, "see") == 0 || strcmp(word, "joined") == 0),
       "%s: and of no other", line);
}

static const char *const failing[][2] = {
    {"forward leaky_relu " X6 " --alpha nan", "alpha is nan"},
    {"forward leaky_relu " X6 " --alpha inf", "alpha is inf"},
    {"forward leaky_relu " X6 " --alpha -0.1", "alpha is -0.1"},
    {"forward leaky_relu -i e.npy -o y.npy --alpha -1", "alpha is -1"},
    {"forward elu " X6 " --alpha=-inf", "alpha is -inf"},
    {"forward elu " X6 " --alpha 1e39", "alpha is 1e+39"},
    {"forward elu " X6 " --alpha inf", "alpha is inf"},
    {"forward elu " X6 " --alpha 1e-999 --device nothing", "nothing"},
    {"forward prelu " X6 " --alpha nan",
     "alpha is nan, must be finite in floa"},
    {"forward prelu " X6 " --alpha=-inf", "alpha is -inf"},
    {"forward prelu " X6 " --alpha 1e39",
     "alpha is 1e+39, must be finite in float32"},
    {"forward prelu " X6 " --dtype f16 --alpha 1e39", "in float32"},
    {"backward prelu " G6 " --alpha nan", "alpha is nan"},
    {"backward elu " G6 " --from-output --alpha 0", "alpha is 0"},
    {"backward prelu " G6 " --from-output --alpha -1", "alpha[0] is -1"},
    {"backward prelu --mask x.npy -g dy.npy -o y.npy", "must be a mask"},
    {"plot prelu -o y.svg --alpha nan", "alpha is nan"},
    {"plot prelu -o y.svg --alpha 1e39", "alpha is 1e+39"},
    {"forward thresholded_relu " X6 " --theta -1", "theta is -1"},
    {"forward thresholded_relu " X6 " --theta nan", "theta is nan"},
    {"forward prelu " X6 " --shared-axes 0", "axis 0"},
    {"forward prelu " X6 " --shared-axes -1", "axis -1"},
    {"forward prelu " X6 " --shared-axes 2", "axis 2"},
    {"forward prelu " X6 " --shared-axes 1,5", "axis 5"},
    {"forward prelu -i r1.npy -o y.npy --shared-axes 1",
     "axis 1: x has no axis to share, its rank is 1"},
    {"forward prelu -i r0.npy -o y.npy --shared-axes 1",
     "axis 1: x has no axis to share, its rank is 0"},
    {"forward prelu " X6 " --alpha-file a1.npy",
     "a1.npy: has shape (1,), must be (3,); it fits with --shared-axes 1\n"},
    {"forward prelu " X6 " --alpha-file a0.npy",
     "a0.npy: has shape (), must be (3,); it fits with --alpha-layout torch or "
     "onnx\n"},
    {"forward prelu " X6 " --alpha-file x.npy",
     "x.npy: has shape (2, 3), must be (3,); it fits with --alpha-layout "
     "onnx\n"},
    {"forward prelu " X6 " --alpha-file a3.npy --shared-axes 1",
     "a3.npy: has shape (3,), must be (1,)\n"},
    {"forward prelu -i r1.npy -o y.npy --alpha-file a1.npy",
     "a1.npy: has shape (1,), must be (); it fits with --alpha-layout torch or "
     "onnx\n"},
    {"forward prelu -i r0.npy -o y.npy --alpha-file a1.npy",
     "a1.npy: has shape (1,), must be (); it fits with --alpha-layout torch\n"},
    {"forward prelu -i r1.npy -o y.npy --alpha-file a3.npy "
     "--alpha-layout torch",
     "a3.npy: has shape (3,), must be (1,), as r1.npy of shape (2,) has no"},
    {"forward prelu -i t.npy -o y.npy --alpha-file a3.npy --alpha-layout torch",
     "a3.npy: has shape (3,), must be (2,), an alpha for each channel of "
     "(3, 2), or (1,)"},
    {"forward prelu -i t.npy -o y.npy --alpha-file a3.npy --alpha-layout onnx",
     "a3.npy: has shape (3,), must broadcast to (3, 2)"},
    {"explain prelu --shape 2,5 --alpha-file a3.npy",
     "a3.npy: has shape (3,), must be (5,)"},
    {"forward prelu " X6 " --alpha-file none.npy", "none.npy: No such"},
    {"forward prelu " X6 " --alpha-initializer he", "he_normal"},
    {"forward prelu " X6 " --alpha-initializer orthogonal", "rank is 1"},
    {"forward prelu " X6 " --alpha-initializer constant(nan)", "nan"},
    {"forward prelu " X6 " --alpha-initializer zeros(", "zeros("},
    {"backward elu -i x.npy -g t.npy -o y.npy",
     "t.npy: has shape (3, 2), must have (2, 3), that of x.npy"},
    {"backward prelu -i x.npy -g r1.npy -o y.npy --dalpha da.npy",
     "r1.npy: has shape (2,)"},
    {"backward elu -i x.npy -g none.npy -o y.npy", "none.npy: No such"},
    {"forward elu -i none.npy -o y.npy", "none.npy: No such"},
    {"forward elu -i '' -o y.npy", "No such"},
    {"forward elu -i folder -o y.npy", "folder: is a directory"},
    {"forward elu -i x.npy/x -o y.npy", "x.npy/x: Not a directory"},
    {"forward elu -i line\nfeed.npy -o y.npy", "line?feed.npy: No such"},
    {"forward elu -i x.npy -o none/y.npy", "none/y.npy: No such"},
    {"forward elu -i x.npy -o folder", "folder: is a directory"},
    {"forward elu -i x.npy -o folder/", "folder/: is a directory"},
    {"forward elu -i x.npy -o y.npy/", "y.npy/"},
    {"forward elu -i x.npy -o x.npy/y", "x.npy/y: Not a directory"},
    {"forward elu -i x.npy -o ''", "not a file's name"},
    {"forward elu -i x.npy -o full", "full: No space"},
    {"backward prelu -i x.npy -g dy.npy -o full --dalpha da.npy",
     "full: No space"},
    {"backward prelu " G6 " --dalpha full", "full: No space"},
    {"backward prelu " G6 " --dalpha none/da.npy", "none/da.npy: No such"},
    {"backward prelu " G6 " --dalpha folder", "folder: is a directory"},
    {"backward prelu " G6 " --dalpha y.npy", "the same file"},
    {"backward prelu " G6 " --dalpha folder/../y.npy", "the same file"},
    {"forward leaky_relu " X6 " --mask y.npy", "the same file"},
    {"forward leaky_relu " X6 " --mask folder/../x.npy",
     "folder/../x.npy and x.npy are the same file"},
    {"forward prelu " X6 " --alpha-file a3.npy --mask a3.npy", "the same file"},
    {"forward elu " X6 " --device nothing", "nothing"},
    {"forward elu " X6 " --device cpu:x", "\"x\""},
    {"forward elu " X6 " --device cpu:99999999",
     "99999999 is not in 0..999999"},
    {"explain prelu --shape 2,3 --shared-axes 2", "axis 2"},
    {"explain elu --shape 9999999999,9999999999",
     "--shape (9999999999, 9999999999) is larger than any memory"},
    {"explain elu --shape " LARGEST, "--shape (" LARGEST ",) is larger than"},
    {"explain elu -i none.npy", "none.npy: No such"},
};

static void test_failures(void)
{
    for (size_t i = 0; i < COUNT_OF(failing); i++)
        cli_refuse(failing[i][0], 1, failing[i][1]);
}

int main(int argc, char **argv)
{
    cli_begin(argc, argv);
    test_usage();
    test_operations("forward sigmoid " X6);
    test_operations("compile -o y --op sigmoid");
    test_failures();
    return cli_finish();
}
