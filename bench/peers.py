# peers.py - PyTorch or Keras for clrelu-bench, asked case by case over pipes
# SPDX-License-Identifier: MIT
"""peers.py torch|keras cpu|gpu CORES FOLDER

Says "ready VERSION", or ends if the framework is missing.  Then answers:
    prepare OP DIRECTION IN_PLACE SCALAR DIMS SHARED   ok | no
    run CALLS                                          SECONDS
    fetch                                              ok
DIMS and SHARED are numbers joined by commas, SHARED may be '-'.  Inputs are
FOLDER/x, dy and alpha, results FOLDER/out and dalpha: float32, nothing else.
"""
import os
import sys
import time


class Torch:
    """Functions that write to an out= where PyTorch has them: an output
    allocated per call would cost page faults that are not its kernels'."""

    def __init__(self, device, cores):
        import torch
        self.torch = torch
        self.version = torch.__version__
        self.aten = torch.ops.aten
        torch.set_num_threads(cores)
        if device == 'gpu' and not torch.cuda.is_available():
            raise ImportError
        self.device = 'cuda' if device == 'gpu' else 'cpu'
        torch.set_grad_enabled(False)

    def load(self, path, dims):
        n = 1
        for extent in dims:
            n *= extent
        flat = self.torch.from_file(path, size=n, dtype=self.torch.float32)
        return flat.clone().to(self.device).view(dims)

    def save(self, path, values):
        flat = values.contiguous().view(-1).cpu()
        out = self.torch.from_file(path, shared=True, size=flat.numel(),
                                   dtype=self.torch.float32)
        out.copy_(flat)

    def wait(self):
        if self.device == 'cuda':
            self.torch.cuda.synchronize()

    def prepare(self, op, backward, in_place, scalar, dims, shared, folder):
        self.permuted = False
        x = self.load(folder + '/x', dims)
        dy = self.load(folder + '/dy', dims) if backward else None
        self.out = dy if backward else x
        if not in_place:
            self.out = self.torch.zeros_like(x)
        self.dalpha = None
        if op == 'prelu':
            return not in_place and self.prepare_prelu(x, dy, dims, shared,
                                                       folder)
        self.call = {
            'leaky_relu': self.leaky_relu,
            'elu': self.elu,
            'thresholded_relu': self.thresholded_relu,
        }[op](x, dy, self.out, scalar)
        return True

    def leaky_relu(self, x, dy, out, alpha):
        if dy is None:
            return lambda: self.aten.leaky_relu.out(x, alpha, out=out)
        return lambda: self.aten.leaky_relu_backward.grad_input(
            dy, x, alpha, False, grad_input=out)

    def elu(self, x, dy, out, alpha):
        if dy is None:
            return lambda: self.aten.elu.out(x, alpha, 1, 1, out=out)
        return lambda: self.aten.elu_backward.grad_input(
            dy, alpha, 1, 1, False, x, grad_input=out)

    def thresholded_relu(self, x, dy, out, theta):
        if dy is None:
            return lambda: self.aten.threshold.out(x, theta, 0, out=out)
        return lambda: self.aten.threshold_backward.grad_input(
            dy, x, theta, grad_input=out)

    def prepare_prelu(self, x, dy, dims, shared, folder):
        """PyTorch takes one alpha, or one for each index of axis 1."""
        rank = len(dims)
        kept = [axis for axis in range(1, rank) if axis not in shared]
        if len(kept) > 1 or (kept and kept != [1] and kept != [rank - 1]):
            return False
        self.permuted = kept == [rank - 1] and rank > 2
        if self.permuted:
            order = [0, rank - 1] + list(range(1, rank - 1))
            self.inverse = [0] + list(range(2, rank)) + [1]
            x = x.permute(order)
            dy = dy.permute(order) if dy is not None else None
        alpha = self.load(folder + '/alpha', [dims[kept[0]] if kept else 1])
        if dy is None:
            self.call = lambda: self.keep(self.aten.prelu(x, alpha))
        elif hasattr(self.aten, 'prelu_backward'):
            self.call = lambda: self.keep(
                *self.aten.prelu_backward(dy, x, alpha))
        else:
            self.prepare_autograd(x, dy, alpha)
        return True

    def prepare_autograd(self, x, dy, alpha):
        self.torch.set_grad_enabled(True)
        x.requires_grad_(True)
        alpha.requires_grad_(True)
        y = self.torch.nn.functional.prelu(x, alpha)
        self.call = lambda: self.keep(*self.torch.autograd.grad(
            y, (x, alpha), dy, retain_graph=True))

    def keep(self, out, dalpha=None):
        self.out, self.dalpha = out, dalpha

    def fetch(self, folder):
        out = self.out.detach()
        if self.permuted:
            out = out.permute(self.inverse)
        self.save(folder + '/out', out)
        if self.dalpha is not None:
            self.save(folder + '/dalpha', self.dalpha.detach())

    def clear(self):
        self.call = self.out = self.dalpha = None
        self.torch.set_grad_enabled(False)


class Keras:
    """Layers run eagerly; a gradient tape kept from one forward pass gives the
    backward pass alone."""

    def __init__(self, device, cores):
        os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
        if device == 'cpu':
            os.environ['CUDA_VISIBLE_DEVICES'] = ''
        import numpy
        import tensorflow
        self.np, self.tf = numpy, tensorflow
        self.version = tensorflow.__version__
        tensorflow.config.threading.set_intra_op_parallelism_threads(cores)
        self.gpus = tensorflow.config.list_physical_devices('GPU')
        if device == 'gpu' and not self.gpus:
            raise ImportError

    def load(self, path, dims):
        return self.tf.constant(
            self.np.fromfile(path, dtype='float32').reshape(dims))

    def wait(self):
        if self.gpus:
            self.tf.test.experimental.sync_devices()

    def layer(self, op, scalar, dims, shared, folder):
        layers = self.tf.keras.layers
        if op == 'leaky_relu':
            try:
                return layers.LeakyReLU(alpha=scalar)
            except (TypeError, ValueError):
                return layers.LeakyReLU(negative_slope=scalar)
        if op == 'elu':
            return layers.ELU(alpha=scalar)
        if op == 'thresholded_relu':
            if not hasattr(layers, 'ThresholdedReLU'):
                return None
            return layers.ThresholdedReLU(theta=scalar)
        prelu = layers.PReLU(shared_axes=shared or None)
        prelu.build([None] + dims[1:])
        prelu.set_weights([self.np.fromfile(
            folder + '/alpha', dtype='float32').reshape(prelu.alpha.shape)])
        return prelu

    def prepare(self, op, backward, in_place, scalar, dims, shared, folder):
        layer = self.layer(op, scalar, dims, shared, folder)
        if in_place or layer is None:
            return False
        x = self.load(folder + '/x', dims)
        if not backward:
            self.call = lambda: self.keep([layer(x)])
            return True
        dy = self.load(folder + '/dy', dims)
        with self.tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = layer(x)
        wanted = [x] + ([layer.alpha] if op == 'prelu' else [])
        self.call = lambda: self.keep(tape.gradient(y, wanted, dy))
        return True

    def keep(self, results):
        self.results = results

    def fetch(self, folder):
        for name, values in zip(('out', 'dalpha'), self.results):
            self.np.asarray(values).tofile(folder + '/' + name)

    def clear(self):
        self.call = self.results = None


def numbers(text):
    return [] if text == '-' else [int(number) for number in text.split(',')]


def wait_until_idle():
    """As in harness.c."""
    before, busy, turns = time.process_time(), 1, 60
    while busy > 0.1e-3 and turns > 0:
        time.sleep(3e-3)
        busy = time.process_time() - before
        before, turns = before + busy, turns - 1


def run(framework, calls):
    call = framework.call
    framework.wait()
    start = time.perf_counter()
    for _ in range(calls):
        call()
    framework.wait()
    seconds = time.perf_counter() - start
    wait_until_idle()
    return seconds


def answer(framework, words, folder):
    if words[0] == 'prepare':
        op, direction, in_place, scalar, dims, shared = words[1:]
        framework.clear()
        offered = framework.prepare(op, direction == 'backward',
                                    in_place == '1', float(scalar),
                                    numbers(dims), numbers(shared), folder)
        return 'ok' if offered else 'no'
    if words[0] == 'run':
        return repr(run(framework, int(words[1])))
    if words[0] == 'fetch':
        framework.fetch(folder)
    else:
        framework.clear()
    return 'ok'


def main():
    name, device, cores, folder = sys.argv[1:]
    # Frameworks print to stdout at times: let that not be taken for answers.
    answers = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)
    framework = {'torch': Torch, 'keras': Keras}[name](device, int(cores))
    print('ready', framework.version, file=answers, flush=True)
    for line in sys.stdin:
        try:
            reply = answer(framework, line.split(), folder)
        except Exception as error:  # a peer that fails is absent, not fatal
            reply = 'no ' + repr(error).replace('\n', ' ')
        print(reply, file=answers, flush=True)


try:
    main()
except ImportError:
    sys.exit(1)
