# torch_ops.py - the operations as PyTorch's own, on CPU tensors
# SPDX-License-Identifier: MIT
"""Registers clrelu::leaky_relu, elu, threshold and prelu by torch.library, with
their gradients, and the gradients of these:

    import torch_ops
    y = torch.ops.clrelu.elu(x, 1.0)

A tensor's memory becomes an OpenCL buffer on the CPU, without a copy.  As a
program it compares them with PyTorch's operations.
"""
import numpy as np
import torch

import clrelu

relu = clrelu.Context('cpu')


def memory(tensor):
    """The tensor's own memory as an array of NumPy, which has no bfloat16."""
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view('V2')
    return tensor.numpy()


def result(tensor):
    return torch.empty_like(tensor, memory_format=torch.contiguous_format)


def save(ctx, inputs, output):
    tensors = [a for a in inputs if isinstance(a, torch.Tensor)]
    ctx.save_for_backward(*tensors)
    ctx.scalars = inputs[len(tensors):]


def define(name, forward, backward, double_backward):
    """An operation (x, parameter) -> y, its (x, parameter, dy) -> dx, or dx and
    the parameter's gradient, and (x, parameter, dy, gradients by these) -> the
    gradients by x, the parameter if it is a tensor, and dy."""
    op, grad, double = (
        torch.library.custom_op(f'clrelu::{name}{end}', f, mutates_args=())
        for end, f in (('', forward), ('_backward', backward),
                       ('_double_backward', double_backward)))

    def both(gradients):
        return gradients if isinstance(gradients, tuple) else (gradients, None)

    def derivative(ctx, dy):
        return both(grad(*ctx.saved_tensors, *ctx.scalars, dy))

    def save_all(ctx, inputs, output):
        x, parameter, dy = inputs
        is_tensor = isinstance(parameter, torch.Tensor)
        ctx.save_for_backward(x, dy, *[parameter][:is_tensor])
        ctx.scalars = [parameter][is_tensor:]

    def second_derivative(ctx, *gradients):
        x, dy, *weight = ctx.saved_tensors
        dx, *dw, ddy = double(x, *weight, *ctx.scalars, dy, *gradients)
        return dx, *(dw or [None]), ddy

    op.register_fake(lambda x, parameter: result(x))
    grad.register_fake(lambda x, parameter, dy: (
        (result(x), result(parameter)) if isinstance(parameter, torch.Tensor)
        else result(x)))
    double.register_fake(lambda x, parameter, dy, *gradients: (
        result(x), *(result(parameter),) * isinstance(parameter, torch.Tensor),
        result(x)))
    op.register_autograd(derivative, setup_context=save)
    grad.register_autograd(second_derivative, setup_context=save_all)


def define_scalar(name, op):
    def forward(x: torch.Tensor, scalar: float) -> torch.Tensor:
        y = result(x)
        relu.forward(op, memory(x.contiguous()), scalar, out=memory(y))
        return y

    def backward(x: torch.Tensor, scalar: float, dy: torch.Tensor
                 ) -> torch.Tensor:
        dx = result(x)
        relu.backward(op, memory(x.contiguous()), memory(dy.contiguous()),
                      scalar, out=memory(dx))
        return dx

    def double_backward(x: torch.Tensor, scalar: float, dy: torch.Tensor,
                        ddx: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        dx, ddy = result(x), result(x)
        relu.chain_double_backward(op, memory(x.contiguous()),
                                   memory(dy.contiguous()), scalar,
                                   ddx=memory(ddx.contiguous()),
                                   dx=memory(dx), ddy=memory(ddy))
        return dx, ddy

    define(name, forward, backward, double_backward)


def prelu(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    y = result(x)
    relu.prelu_forward(memory(x.contiguous()), memory(weight.contiguous()),
                       layout='torch', out=memory(y))
    return y


def prelu_backward(x: torch.Tensor, weight: torch.Tensor, dy: torch.Tensor
                   ) -> tuple[torch.Tensor, torch.Tensor]:
    dx, dw = result(x), result(weight)
    relu.prelu_backward(memory(x.contiguous()), memory(weight.contiguous()),
                        memory(dy.contiguous()), layout='torch',
                        dx=memory(dx), dalpha=memory(dw))
    return dx, dw


def prelu_double_backward(x: torch.Tensor, weight: torch.Tensor,
                          dy: torch.Tensor, ddx: torch.Tensor,
                          ddw: torch.Tensor) -> tuple[
                              torch.Tensor, torch.Tensor, torch.Tensor]:
    dx, dw, ddy = result(x), result(weight), result(x)
    relu.chain_double_backward('prelu', memory(x.contiguous()),
                               memory(dy.contiguous()), layout='torch',
                               alpha=memory(weight.contiguous()),
                               ddx=memory(ddx.contiguous()),
                               ddalpha=memory(ddw.contiguous()),
                               dx=memory(dx), dalpha=memory(dw),
                               ddy=memory(ddy))
    return dx, dw, ddy


define_scalar('leaky_relu', 'leaky_relu')
define_scalar('elu', 'elu')
define_scalar('threshold', 'thresholded_relu')
define('prelu', prelu, prelu_backward, prelu_double_backward)


def main():
    torch.manual_seed(1)
    F, ours = torch.nn.functional, torch.ops.clrelu
    x = torch.randn(4, 3, 5, 2, dtype=torch.float64)
    x += 0.1 * x.sign()  # gradcheck's steps stay on one side of 0
    weight = torch.rand(3, dtype=torch.float64)
    for name, parameter, theirs in (
            ('leaky_relu', 0.3, F.leaky_relu(x, 0.3)),
            ('elu', 0.7, F.elu(x, 0.7)),
            ('threshold', 0.01, F.threshold(x, 0.01, 0)),
            ('prelu', weight, F.prelu(x, weight))):
        op = getattr(ours, name)
        torch.testing.assert_close(op(x, parameter), theirs)
        inputs = [x.clone().requires_grad_(),
                  parameter.clone().requires_grad_() if name == 'prelu'
                  else parameter]
        torch.autograd.gradcheck(op, inputs)
        torch.autograd.gradgradcheck(op, inputs)
        torch.library.opcheck(op.default, inputs)
        print(f'{name}: as PyTorch has it; gradcheck, gradgradcheck and '
              'opcheck passed')
    half = x.to(torch.bfloat16)
    torch.testing.assert_close(ours.leaky_relu(half, 0.25),
                               F.leaky_relu(half, 0.25), rtol=0, atol=0)
    tensor = torch.zeros(8)
    np.copyto(memory(tensor), 1)
    assert torch.all(tensor == 1)
    print('memory is the tensor\'s own')


if __name__ == '__main__':
    main()
