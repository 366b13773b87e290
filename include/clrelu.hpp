/* clrelu.hpp - clrelu.h for C++17: owners, exceptions, calls in one expression
 * SPDX-License-Identifier: MIT
 *
 *     clrelu::context relu(queue);
 *     relu.forward(queue, {CLRELU_ELU, CLRELU_FLOAT32, 1.0, n, x, y});
 *
 * The rules of clrelu.h hold, with its enumerators and names of fields.
 *  - A function that fails throws clrelu::error.
 *  - A struct is that of C.  Its constructor sets the fields that it names and
 *    all others to 0; these are set by name:
 *        clrelu::prelu call(CLRELU_FLOAT32, shape, x, alpha, dy, dx, dalpha);
 *        call.flags = CLRELU_ACCUMULATE_DALPHA;
 *  - Structs own what their pointers point to, but for events and texts.
 *  - A function that is missing here is called in C:
 *        clrelu::check(clrelu_save_programs(relu.get(), path));
 */
#ifndef CLRELU_HPP
#define CLRELU_HPP

#include <initializer_list>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "clrelu.h"

namespace clrelu
{

/* -------------------------------------------------------------- errors -- */

/* what() is the text of clrelu_error(). */
struct error : std::runtime_error {
    clrelu_status status;

    explicit error(clrelu_status code)
        : std::runtime_error(clrelu_error()), status(code)
    {
    }
};

inline void check(clrelu_status status)
{
    if (status != CLRELU_OK)
        throw error(status);
}

/* ----------------------------------------------------------- arguments -- */

/* A constant copy of a {list}, an array or a container, shared by its copies,
 * so that pointers into it stay valid. */
template <class T> class list
{
    std::shared_ptr<const std::vector<T>> elements;

  public:
    list() = default;
    list(std::initializer_list<T> l) : list(std::data(l), l.size()) {}
    template <class C, class = decltype(std::size(std::declval<const C &>()))>
    list(const C &c) : list(std::data(c), std::size(c))
    {
    }
    list(const T *first, std::size_t count)
    {
        if (count > 0)
            elements =
                std::make_shared<const std::vector<T>>(first, first + count);
    }

    const T *data() const { return elements ? elements->data() : nullptr; }
    std::size_t size() const { return elements ? elements->size() : 0; }
};

/* {}: no array.  A cl_mem or a pointer alone begins at element 0. */
struct buffer : clrelu_buffer {
    buffer() : clrelu_buffer{} {}
    buffer(const clrelu_buffer &b) : clrelu_buffer(b) {}
    buffer(cl_mem m, std::size_t i = 0) : clrelu_buffer(clrelu_at(m, i)) {}
    buffer(void *p, std::size_t i = 0) : clrelu_buffer(clrelu_at_pointer(p, i))
    {
    }
};

/* A queue, events to wait for, and where to store the event.  A queue alone
 * converts to it. */
class exec : public clrelu_exec
{
    list<cl_event> events;

  public:
    exec(cl_command_queue q, list<cl_event> wait = {}, cl_event *done = nullptr)
        : clrelu_exec{q,    static_cast<cl_uint>(wait.size()),
                      0,    wait.data(),
                      done, {}},
          events(wait)
    {
    }
};

struct elementwise : clrelu_elementwise {
    /* Forward. */
    elementwise(clrelu_op f, clrelu_dtype type, double alpha, std::size_t count,
                buffer in, buffer out)
        : clrelu_elementwise{f,   type, 0,  0,  alpha, count, in,
                             out, {},   {}, {}, {},    {}}
    {
    }
    /* Backward. */
    elementwise(clrelu_op f, clrelu_dtype type, double alpha, std::size_t count,
                buffer in, buffer gradient, buffer out)
        : elementwise(f, type, alpha, count, in, {})
    {
        dy = gradient;
        dx = out;
    }
};

/* shape({8, 32, 32, 64}, {1, 2}) is Keras's, with two shared axes. */
class shape : public clrelu_shape
{
    list<std::size_t> x, alpha;
    list<int> axes;

  public:
    shape(list<std::size_t> extents, list<int> shared = {},
          list<std::size_t> of_alpha = {},
          clrelu_alpha_layout layout = CLRELU_ALPHA_KERAS)
        : clrelu_shape{extents.size(),
                       extents.data(),
                       shared.size(),
                       shared.data(),
                       of_alpha.size(),
                       of_alpha.data(),
                       layout,
                       0,
                       {}},
          x(extents), alpha(of_alpha), axes(shared)
    {
    }
};

class prelu : public clrelu_prelu
{
    std::shared_ptr<const clrelu::shape> owned;

  public:
    /* Forward. */
    prelu(clrelu_dtype type, const clrelu::shape &s, buffer in = {},
          buffer a = {}, buffer out = {})
        : clrelu_prelu{}, owned(std::make_shared<const clrelu::shape>(s))
    {
        dtype = type;
        shape = owned.get();
        x = in;
        alpha = a;
        y = out;
    }
    /* Backward. */
    prelu(clrelu_dtype type, const clrelu::shape &s, buffer in, buffer a,
          buffer gradient, buffer out, buffer sums)
        : prelu(type, s, in, a)
    {
        dy = gradient;
        dx = out;
        dalpha = sums;
    }
};

/* The arrays and the gain are set by name. */
class chain : public clrelu_chain
{
    std::shared_ptr<const clrelu::shape> owned;

  public:
    chain(clrelu_op f, clrelu_dtype type, double a, const clrelu::shape &s)
        : clrelu_chain{}, owned(std::make_shared<const clrelu::shape>(s))
    {
        op = f;
        dtype = type;
        scalar = a;
        shape = owned.get();
    }
};

/* The arrays are set by name. */
struct dense : clrelu_dense {
    dense(clrelu_op f, double a, std::size_t m, std::size_t k, std::size_t n)
        : clrelu_dense{}
    {
        op = f;
        scalar = a;
        rows = m;
        inputs = k;
        outputs = n;
    }
};

/* ------------------------------------------------------------- objects -- */

struct destroy {
    void operator()(clrelu_context *c) const { clrelu_context_destroy(&c); }
    void operator()(clrelu_prelu_layer *l) const
    {
        clrelu_prelu_layer_destroy(&l);
    }
};

/* A moved-from context or layer may only be assigned to or destroyed. */
class context
{
    std::unique_ptr<clrelu_context, destroy> owned;

  public:
    explicit context(const clrelu_context_params &params = {})
    {
        clrelu_context *made;
        check(clrelu_context_create(&params, &made));
        owned.reset(made);
    }
    explicit context(const char *spec)
        : context(clrelu_context_params{spec, {}, {}, {}, {}, {}, {}, {}})
    {
    }
    explicit context(cl_command_queue queue)
        : context(clrelu_context_params{{}, {}, {}, queue, {}, {}, {}, {}})
    {
    }

    clrelu_context *get() const { return owned.get(); }
    cl_context cl() const { return clrelu_context_cl_context(get()); }
    cl_device_id device() const { return clrelu_context_cl_device(get()); }

    void forward(const exec &e, const elementwise &call) const
    {
        check(clrelu_forward(get(), &e, &call));
    }
    void backward(const exec &e, const elementwise &call) const
    {
        check(clrelu_backward(get(), &e, &call));
    }
    void prelu_forward(const exec &e, const prelu &call) const
    {
        check(clrelu_prelu_forward(get(), &e, &call));
    }
    void prelu_backward(const exec &e, const prelu &call) const
    {
        check(clrelu_prelu_backward(get(), &e, &call));
    }
    void chain_forward(const exec &e, const chain &call) const
    {
        check(clrelu_chain_forward(get(), &e, &call));
    }
    void chain_backward(const exec &e, const chain &call) const
    {
        check(clrelu_chain_backward(get(), &e, &call));
    }
    void chain_double_backward(const exec &e, const chain &call,
                               const clrelu_second &second) const
    {
        check(clrelu_chain_double_backward(get(), &e, &call, &second));
    }
    void dense_forward(const exec &e, const dense &call) const
    {
        check(clrelu_dense_forward(get(), &e, &call));
    }
    void dense_backward(const exec &e, const dense &call) const
    {
        check(clrelu_dense_backward(get(), &e, &call));
    }
};

/* config is that of clrelu_prelu_layer_create_from_config.  The context must
 * outlive the layer. */
class prelu_layer
{
    std::unique_ptr<clrelu_prelu_layer, destroy> owned;

  public:
    prelu_layer(const context &c, const exec &e, const std::string &config)
    {
        clrelu_prelu_layer *made;
        check(clrelu_prelu_layer_create_from_config(c.get(), &e, config.c_str(),
                                                    &made));
        owned.reset(made);
    }

    clrelu_prelu_layer *get() const { return owned.get(); }
    buffer alpha() const { return clrelu_prelu_layer_alpha_buffer(get()); }
    buffer dalpha() const { return clrelu_prelu_layer_dalpha_buffer(get()); }

    /* call's alpha and dalpha are {}. */
    void forward(const exec &e, const prelu &call) const
    {
        check(clrelu_prelu_layer_forward(get(), &e, &call));
    }
    void backward(const exec &e, const prelu &call)
    {
        check(clrelu_prelu_layer_backward(get(), &e, &call));
    }
    void update(const exec &e, double learning_rate, double momentum = 0)
    {
        check(clrelu_prelu_layer_update(get(), &e, learning_rate, momentum));
    }
    void write_alpha(const exec &e, const list<float> &values)
    {
        check(clrelu_prelu_layer_write_alpha(get(), &e, values.size(),
                                             values.data()));
    }
    std::vector<float> read_alpha(const exec &e) const
    {
        std::size_t count = 0;
        check(clrelu_prelu_layer_alpha_dims(get(), nullptr, nullptr, &count));
        std::vector<float> values(count);
        check(clrelu_prelu_layer_read_alpha(get(), &e, count, values.data()));
        return values;
    }
};

} // namespace clrelu

#endif
