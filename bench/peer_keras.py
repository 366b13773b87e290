# peer_keras.py - Keras of TensorFlow for peers.py
# SPDX-License-Identifier: MIT
import os


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
            raise ImportError('no GPU for TensorFlow')

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
        if op != 'prelu':
            return None
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


PEERS = {'keras': Keras}
