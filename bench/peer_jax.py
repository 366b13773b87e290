# peer_jax.py - JAX, compiled by XLA, for peers.py
# SPDX-License-Identifier: MIT
import os


class Jax:
    """Jitted formulas.  What is donated gives its memory to the result: x or dy
    in place, else the result of the call before."""

    def __init__(self, device, cores):
        os.environ['JAX_PLATFORMS'] = 'cuda' if device == 'gpu' else 'cpu'
        os.environ['NPROC'] = str(cores)  # of XLA's threads
        import jax
        import numpy
        self.jax, self.np = jax, numpy
        jax.devices()
        self.version = jax.__version__
        self.out = self.dalpha = None

    def load(self, path, dims):
        return self.jax.numpy.array(
            self.np.fromfile(path, dtype='float32').reshape(dims))

    def wait(self):
        self.jax.block_until_ready((self.out, self.dalpha))

    def formula(self, op, scalar):
        jax = self.jax
        where = jax.numpy.where
        return {
            'leaky_relu': lambda x, alpha: jax.nn.leaky_relu(x, scalar),
            'elu': lambda x, alpha: jax.nn.elu(x, scalar),
            'thresholded_relu': lambda x, alpha: where(x > scalar, x, 0.0),
            'prelu': lambda x, alpha: where(x > 0, x, alpha * x),
        }.get(op)

    def prepare(self, op, backward, in_place, scalar, dims, shared, folder):
        formula = self.formula(op, scalar)
        if formula is None:
            return False
        x = self.load(folder + '/x', dims)
        dy = self.load(folder + '/dy', dims) if backward else None
        alpha = None
        if op == 'prelu':
            alpha = self.load(folder + '/alpha',
                              [1 if axis == 0 or axis in shared else extent
                               for axis, extent in enumerate(dims)])
        self.out = self.jax.numpy.zeros_like(x)
        if in_place:
            self.out, dy, x = (dy, None, x) if backward else (x, None, None)

        def step(out, x, dy, alpha):
            """Of x and dy the one that is None is in out."""
            if not backward:
                return formula(out if x is None else x, alpha), None
            _, gradients = self.jax.vjp(formula, x, alpha)
            return gradients(out if dy is None else dy)

        jitted = self.jax.jit(step, donate_argnums=0, keep_unused=True)
        memory = jitted.lower(self.out, x, dy,
                              alpha).compile().memory_analysis()
        if in_place and not memory.alias_size_in_bytes:
            return False

        def call():
            self.out, self.dalpha = jitted(self.out, x, dy, alpha)
        self.call = call
        return True

    def fetch(self, folder):
        self.np.asarray(self.out).tofile(folder + '/out')
        if self.dalpha is not None:
            self.np.asarray(self.dalpha).tofile(folder + '/dalpha')

    def clear(self):
        self.call = self.out = self.dalpha = None
        self.jax.clear_caches()


PEERS = {'jax': Jax}
