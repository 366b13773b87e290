/* test_cli_chain.c - scale, bias, gain and residual on the command line
 * SPDX-License-Identifier: MIT */
#include "cli.h"
#include "tap.h"

/* x, its gradient and a residual of shape (2, 3, 4, 5); channels have a bias, a
 * scale and an alpha each.  In eighths, so that all sums are exact. */
enum { N = 2 * 3 * 4 * 5, CHANNELS = 3 };
static float x[N], dy[N], residual[N];
static const float scale[] = {0.5f, -1, 2}, bias[] = {1, 0.25f, -0.5f},
                   alpha[] = {0.5f};

struct expected {
    float y[N], dx[N], dscale[CHANNELS], dbias[CHANNELS], dalpha;
};

static void expect_all(float gain, struct expected *want)
{
    *want = (struct expected){.dalpha = 0};
    for (size_t i = 0; i < N; i++) {
        const size_t c = i / 20 % CHANNELS;
        const float z = scale[c] * x[i] + bias[c], df = gain * dy[i];
        const float dz = z < 0 ? alpha[0] * df : df;
        want->y[i] = gain * (z < 0 ? alpha[0] * z : z) + residual[i];
        want->dx[i] = scale[c] * dz;
        want->dscale[c] += x[i] * dz;
        want->dbias[c] += dz;
        want->dalpha += z < 0 ? z * df : 0;
    }
}

static void test_forward(void)
{
    struct expected want;

    expect_all(2, &want);
    cli_gives("forward leaky_relu --alpha 0.5 --scale scale.npy --bias "
              "bias.npy --gain 2 --residual r.npy --shared-axes 2,3 -i x4.npy "
              "-o y.npy",
              "(2, 3, 4, 5)", want.y, N);
}

/* One alpha for all; PyTorch's layout. */
static void test_backward(void)
{
    struct expected want;

    expect_all(2, &want);
    cli_gives("backward prelu --alpha-file alpha.npy --scale scale1.npy --bias "
              "bias1.npy --gain 2 --alpha-layout torch -i x4.npy -g dy4.npy "
              "-o y.npy --dscale ds.npy --dbias db.npy --dalpha da.npy",
              "(2, 3, 4, 5)", want.dx, N);
    ok(cli_check_npy("ds.npy", "(3,)", want.dscale, CHANNELS) &&
           cli_check_npy("db.npy", "(3,)", want.dbias, CHANNELS) &&
           cli_check_npy("da.npy", "(1,)", &want.dalpha, 1),
       "... with dscale, dbias and dalpha");
}

/* dbias of a shape that --shared-axes gives, in slabs that are not the array.
 */
static void test_slabs(void)
{
    float dbias[CHANNELS] = {0};

    for (size_t i = 0; i < N; i++)
        dbias[i / 20 % CHANNELS] += x[i] > 1 ? dy[i] : 0;
    ok(cli_quiet("backward thresholded_relu --shared-axes 2,3 -i x4.npy -g "
                 "dy4.npy -o y.npy --dbias db.npy") &&
           cli_check_npy("db.npy", "(3, 1, 1)", dbias, CHANNELS),
       "dbias without a bias");
}

static void test_refused(void)
{
    cli_refuse("forward elu --bias bias.npy -i x4.npy -o y.npy", 1,
               "--shared-axes 2,3");
    cli_refuse("forward elu --residual bias.npy -i x4.npy -o y.npy", 1,
               "(2, 3, 4, 5)");
    cli_refuse("forward elu --gain x -i x4.npy -o y.npy", 2, "--gain");
    cli_refuse("forward elu --shared-axes 1 -i x4.npy -o y.npy", 2,
               "does not belong");
    cli_refuse("forward elu --dbias db.npy -i x4.npy -o y.npy", 2,
               "not an option of forward");
    cli_refuse("backward elu --residual r.npy -i x4.npy -g dy4.npy -o y.npy", 2,
               "not an option of backward");
    cli_refuse("forward elu --bias bias1.npy --scale x4.npy --alpha-layout "
               "torch -i x4.npy -o y.npy",
               1, "an alpha for each channel");
    cli_refuse("forward elu --bias bias.npy --scale two.npy --alpha-layout "
               "onnx -i x4.npy -o y.npy",
               1, "has another");
    cli_refuse("backward elu --bias bias.npy --shared-axes 2,3 -i x4.npy -g "
               "dy4.npy -o y.npy --dbias y.npy",
               1, "y.npy");
}

int main(int argc, char **argv)
{
    cli_begin(argc, argv);
    for (size_t i = 0; i < N; i++) {
        x[i] = (float)(i % 7) - 3;
        dy[i] = (float)(i % 5) - 1;
        residual[i] = (float)(i % 11) / 8;
    }
    cli_write_npy("x4.npy", "(2, 3, 4, 5)", x, N);
    cli_write_npy("dy4.npy", "(2, 3, 4, 5)", dy, N);
    cli_write_npy("r.npy", "(2, 3, 4, 5)", residual, N);
    cli_write_npy("scale.npy", "(3, 1, 1)", scale, CHANNELS);
    cli_write_npy("bias.npy", "(3, 1, 1)", bias, CHANNELS);
    cli_write_npy("scale1.npy", "(3,)", scale, CHANNELS);
    cli_write_npy("bias1.npy", "(3,)", bias, CHANNELS);
    cli_write_npy("alpha.npy", "(1,)", alpha, 1);
    cli_write_npy("two.npy", "(5,)", x, 5);
    test_forward();
    test_backward();
    test_slabs();
    test_refused();
    return cli_finish();
}
