/* test_cpp.cpp - clrelu.hpp: results, exceptions, and what owns what
 * SPDX-License-Identifier: MIT */
#include <array>
#include <cmath>
#include <functional>
#include <type_traits>

#include "clrelu.hpp"
extern "C" {
#include "device.h"
#include "tap.h"
}

namespace
{

using values = std::vector<float>;

static_assert(!std::is_copy_constructible_v<clrelu::context> &&
              std::is_nothrow_move_constructible_v<clrelu::context>);
static_assert(!std::is_copy_assignable_v<clrelu::prelu_layer> &&
              std::is_nothrow_move_assignable_v<clrelu::prelu_layer>);
static_assert(std::is_convertible_v<cl_mem, clrelu::buffer> &&
              std::is_convertible_v<float *, clrelu::buffer> &&
              !std::is_convertible_v<const float *, clrelu::buffer>);

/* x, dy and alpha of the tests: of both signs, and with a 0. */
const values X = {-3, -1.5F, -0.25F, 0, 0.5F, 2, -2, 1, -0.75F, 0.25F, -4, 3};
const values DY = {1, -2, 3, 0.5F, -1, 2, -0.25F, 4, -3, 1, 0.125F, -2};
const std::size_t N = 12;
const float UNSET = -77;

/* A buffer of its own. */
struct memory : clrelu::buffer {
    memory(const clrelu::context &relu, const values &v)
        : buffer(clCreateBuffer(relu.cl(), CL_MEM_COPY_HOST_PTR,
                                v.size() * sizeof(float),
                                const_cast<float *>(v.data()), nullptr))
    {
    }
    memory(const clrelu::context &relu, std::size_t n)
        : memory(relu, values(n, UNSET))
    {
    }
    memory(const memory &) = delete;
    ~memory() { clReleaseMemObject(mem); }

    values read(cl_command_queue queue) const
    {
        std::size_t bytes = 0;
        clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof(bytes), &bytes, nullptr);
        values v(bytes / sizeof(float));
        device_must(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, bytes, v.data(),
                                        0, nullptr, nullptr),
                    "clEnqueueReadBuffer");
        return v;
    }
};

using formula = std::function<double(std::size_t)>;

bool near(const values &got, const formula &want)
{
    for (std::size_t i = 0; i < got.size(); i++) {
        const double w = want(i);
        if (!(std::fabs(got[i] - w) <= 1e-6 * (1 + std::fabs(w)))) {
            diag("[%zu] is %.9g, must be %.9g", i, static_cast<double>(got[i]),
                 w);
            return false;
        }
    }
    return !got.empty();
}

double f(clrelu_op op, double a, double x)
{
    if (op == CLRELU_THRESHOLDED_RELU)
        return x > a ? x : 0;
    if (op == CLRELU_ELU)
        return x < 0 ? a * std::expm1(x) : x;
    return x < 0 ? a * x : x;
}

double slope(clrelu_op op, double a, double x)
{
    if (op == CLRELU_THRESHOLDED_RELU)
        return x > a ? 1 : 0;
    if (op == CLRELU_ELU)
        return x < 0 ? a * std::exp(x) : 1;
    return x < 0 ? a : 1;
}

void test_elementwise(const clrelu::context &relu, cl_command_queue queue)
{
    const memory x(relu, X), dy(relu, DY), y(relu, N), dx(relu, N + 1);

    for (clrelu_op op :
         {CLRELU_LEAKY_RELU, CLRELU_ELU, CLRELU_THRESHOLDED_RELU}) {
        relu.forward(queue, {op, CLRELU_FLOAT32, 0.5, N, x, y});
        ok(near(y.read(queue), [&](auto i) { return f(op, 0.5, X[i]); }),
           "%s forward", clrelu_op_name(op));
        relu.backward(queue, {op, CLRELU_FLOAT32, 0.5, N, x, dy, {dx.mem, 1}});
        ok(near(dx.read(queue),
                [&](auto i) {
                    return i ? slope(op, 0.5, X[i - 1]) * DY[i - 1] : UNSET;
                }),
           "%s backward, from element 1", clrelu_op_name(op));
    }
    clrelu::elementwise more(CLRELU_ELU, CLRELU_FLOAT32, 1, N, x, dy, dy);
    more.flags = CLRELU_ACCUMULATE_DX;
    relu.backward(queue, more);
    ok(near(dy.read(queue),
            [](auto i) { return (1 + slope(CLRELU_ELU, 1, X[i])) * DY[i]; }),
       "a field set by name");
}

using index = std::function<std::size_t(std::size_t)>;

/* j(i) is the index of x's element i in alpha. */
void test_prelu(const clrelu::context &relu, cl_command_queue queue,
                const char *name, const clrelu::shape &shape,
                const values &alphas, const index &j)
{
    const memory x(relu, X), dy(relu, DY), alpha(relu, alphas), y(relu, N),
        dx(relu, N), dalpha(relu, alphas.size());
    std::vector<double> sums(alphas.size());

    for (std::size_t i = 0; i < N; i++)
        sums[j(i)] += X[i] < 0 ? double(X[i]) * DY[i] : 0;
    relu.prelu_forward(queue, {CLRELU_FLOAT32, shape, x, alpha, y});
    ok(near(y.read(queue),
            [&](auto i) { return f(CLRELU_PRELU, alphas[j(i)], X[i]); }),
       "prelu forward, %s", name);
    relu.prelu_backward(queue,
                        {CLRELU_FLOAT32, shape, x, alpha, dy, dx, dalpha});
    ok(near(dx.read(queue),
            [&](auto i) {
                return slope(CLRELU_PRELU, alphas[j(i)], X[i]) * DY[i];
            }) &&
           near(dalpha.read(queue), [&](auto i) { return sums[i]; }),
       "prelu backward, %s", name);
}

void test_shapes(const clrelu::context &relu, cl_command_queue queue)
{
    const std::vector<std::size_t> dims = {2, 3, 2};
    const std::array<int, 1> axes = {2};

    test_prelu(relu, queue, "an alpha for each element of a sample", {dims},
               {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F},
               [](auto i) { return i % 6; });
    test_prelu(relu, queue, "a shared axis", {dims, axes}, {0.1F, 0.2F, 0.3F},
               [](auto i) { return i / 2 % 3; });
    test_prelu(relu, queue, "NumPy's layout",
               {dims, {}, {2, 1, 1}, CLRELU_ALPHA_NUMPY}, {0.1F, 0.2F},
               [](auto i) { return i / 6; });
    test_prelu(relu, queue, "PyTorch's layout",
               {{6, 2}, {}, {2}, CLRELU_ALPHA_TORCH}, {0.1F, 0.2F},
               [](auto i) { return i % 2; });
}

/* x of (3, 2), w of (2, 2). */
struct dense_case {
    const values x = {-3, -1.5F, -0.25F, 1, 0.5F, 2}, w = {1, -2, 0.5F, 3},
                 b = {0.25F, -1}, alpha = {0.5F, 0.125F},
                 dy = {1, -2, 3, 0.5F, -1, 2};

    double z(std::size_t i) const
    {
        const std::size_t row = i / 2, column = i % 2;
        return x[2 * row] * w[column] + x[2 * row + 1] * w[2 + column] +
               b[column];
    }
    double y(std::size_t i) const
    {
        return f(CLRELU_PRELU, alpha[i % 2], z(i));
    }
    double dz(std::size_t i) const
    {
        return slope(CLRELU_PRELU, alpha[i % 2], z(i)) * dy[i];
    }
    double dx(std::size_t i) const
    {
        const std::size_t row = i / 2, k = i % 2;
        return dz(2 * row) * w[2 * k] + dz(2 * row + 1) * w[2 * k + 1];
    }
    double dw(std::size_t i) const
    {
        const std::size_t k = i / 2, column = i % 2;
        return x[k] * dz(column) + x[2 + k] * dz(2 + column) +
               x[4 + k] * dz(4 + column);
    }
    double db(std::size_t j) const { return dz(j) + dz(2 + j) + dz(4 + j); }
    double dalpha(std::size_t j) const
    {
        double sum = 0;
        for (std::size_t i = j; i < 6; i += 2)
            sum += z(i) < 0 ? z(i) * dy[i] : 0;
        return sum;
    }
};

void test_dense(const clrelu::context &relu, cl_command_queue queue)
{
    const dense_case c;
    const memory x(relu, c.x), w(relu, c.w), b(relu, c.b), alpha(relu, c.alpha),
        dy(relu, c.dy), z(relu, 6), y(relu, 6), dz(relu, 6), dx(relu, 6),
        dw(relu, 4), db(relu, 2), dalpha(relu, 2);
    clrelu::dense call(CLRELU_PRELU, 0, 3, 2, 2);

    call.alpha_count = 2;
    call.x = x, call.w = w, call.b = b, call.alpha = alpha, call.z = z;
    call.y = y;
    try {
        relu.dense_forward(queue, call);
    } catch (const clrelu::error &error) {
        if (error.status != CLRELU_UNSUPPORTED)
            throw;
        return skip(error.what(), "dense");
    }
    ok(near(z.read(queue), [&](auto i) { return c.z(i); }) &&
           near(y.read(queue), [&](auto i) { return c.y(i); }),
       "dense forward");
    call.b = call.y = clrelu::buffer();
    call.dy = dy, call.dz = dz, call.dx = dx, call.dw = dw, call.db = db;
    call.dalpha = dalpha;
    relu.dense_backward(queue, call);
    ok(near(dz.read(queue), [&](auto i) { return c.dz(i); }) &&
           near(dx.read(queue), [&](auto i) { return c.dx(i); }),
       "dense backward: dz, dx");
    ok(near(dw.read(queue), [&](auto i) { return c.dw(i); }) &&
           near(db.read(queue), [&](auto j) { return c.db(j); }) &&
           near(dalpha.read(queue), [&](auto j) { return c.dalpha(j); }),
       "dense backward: dw, db, dalpha");
}

/* A step of 0.5 with an alpha for each of 6 elements of a sample. */
void test_layer(const clrelu::context &relu, cl_command_queue queue)
{
    const clrelu::shape shape({2, 6});
    const memory x(relu, X), dy(relu, DY), y(relu, N), dx(relu, N);
    const std::array<float, 6> alphas = {1, 2, 3, 4, 5, 6};
    clrelu::prelu_layer layer(
        relu, queue, "PReLU(input_shape=[0,6],alpha_initializer=ones)");

    ok(near(layer.read_alpha(queue), [](auto) { return 1; }),
       "a layer's first values");
    layer.write_alpha(queue, alphas);
    layer.forward(queue, {CLRELU_FLOAT32, shape, x, {}, y});
    layer.backward(queue, {CLRELU_FLOAT32, shape, x, {}, dy, dx, {}});
    layer.update(queue, 0.5);
    ok(near(y.read(queue),
            [&](auto i) { return f(CLRELU_PRELU, alphas[i % 6], X[i]); }) &&
           near(dx.read(queue),
                [&](auto i) {
                    return slope(CLRELU_PRELU, alphas[i % 6], X[i]) * DY[i];
                }),
       "a layer forward and backward");
    ok(near(layer.read_alpha(queue),
            [&](auto j) {
                double da = 0;
                for (std::size_t i = j; i < N; i += 6)
                    da += X[i] < 0 ? double(X[i]) * DY[i] : 0;
                return alphas[j] - 0.5 * da;
            }),
       "a layer's update");
}

/* The call fails with this status and a text that has the word. */
void refuses(const std::function<void()> &call, clrelu_status status,
             const char *word)
{
    try {
        call();
        ok(0, "no exception, must be %s", clrelu_status_name(status));
    } catch (const std::runtime_error &error) {
        const auto *e = dynamic_cast<const clrelu::error *>(&error);
        const std::string text = error.what();
        ok(e && e->status == status && text == clrelu_error() &&
               text.find(word) != std::string::npos,
           "%s: %s", clrelu_status_name(status), text.c_str());
    }
}

void test_errors(const clrelu::context &relu, cl_command_queue queue)
{
    const memory x(relu, X), y(relu, N);

    refuses(
        [&] {
            relu.forward(queue, {CLRELU_ELU, CLRELU_FLOAT32, NAN, N, x, y});
        },
        CLRELU_INVALID_SCALAR, "nan");
    refuses(
        [&] {
            relu.forward(queue, {CLRELU_ELU, CLRELU_FLOAT32, 1, N, x, {}});
        },
        CLRELU_INVALID_NULL, "y: ");
    refuses(
        [&] {
            relu.prelu_forward(queue, {CLRELU_FLOAT32, {{2, 6}, {7}}, x, x, y});
        },
        CLRELU_INVALID_AXIS, "7");
    refuses(
        [&] {
            clrelu::prelu_layer(relu, queue, "PReLU(input_shape=[0,6],no=1)");
        },
        CLRELU_INVALID_SPEC, "no");
    refuses([] { clrelu::context("no such device"); }, CLRELU_NO_DEVICE,
            "no such device");
    refuses([&] { clrelu::check(clrelu_save_programs(relu.get(), nullptr)); },
            CLRELU_INVALID_NULL, "path");
}

/* What the arguments point to is gone when the call is made. */
clrelu::prelu late(const clrelu::buffer &x, const clrelu::buffer &alpha,
                   const clrelu::buffer &y)
{
    std::vector<std::size_t> dims = {2, 6};
    const clrelu::prelu call(CLRELU_FLOAT32, {dims, {1}}, x, alpha, y);

    dims.assign(2, 99);
    return clrelu::prelu(call);
}

void test_owners(cl_command_queue queue)
{
    clrelu::context first(queue), relu(std::move(first));
    const memory x(relu, X), y(relu, N), alpha(relu, values{0.5F});
    clrelu::prelu_layer made(relu, queue, "PReLU(input_shape=[6])"),
        layer(std::move(made));
    cl_event loaded = nullptr, done = nullptr;

    ok(!first.get() && relu.get() && !made.get() && layer.get(),
       "objects move");
    first = std::move(relu);
    ok(!relu.get() && first.cl() && first.device(), "... and back");
    clEnqueueMarkerWithWaitList(queue, 0, nullptr, &loaded);
    const clrelu::exec exec(queue, {loaded, loaded}, &done);
    first.prelu_forward(exec, late(x, alpha, y));
    ok(exec.wait_count == 2 && exec.wait_list[1] == loaded &&
           clWaitForEvents(1, &done) == CL_SUCCESS &&
           near(y.read(queue),
                [](auto i) { return f(CLRELU_PRELU, 0.5, X[i]); }),
       "calls own their shape and wait list");
    clReleaseEvent(loaded);
    clReleaseEvent(done);
}

} // namespace

int main()
{
    device_need();
    const clrelu::context relu;
    const cl_command_queue queue =
        clCreateCommandQueue(relu.cl(), relu.device(), 0, nullptr);

    test_elementwise(relu, queue);
    test_shapes(relu, queue);
    test_dense(relu, queue);
    test_layer(relu, queue);
    test_errors(relu, queue);
    test_owners(queue);
    clReleaseCommandQueue(queue);
    return done_testing();
}
