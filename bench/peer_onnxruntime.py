# peer_onnxruntime.py - ONNX Runtime for peers.py
# SPDX-License-Identifier: MIT


class OnnxRuntime:
    """A model of one node, its input and output bound to memory once.  There is
    no backward pass, and nothing says that the two may be the same."""

    NODES = {'leaky_relu': ('LeakyRelu', 'alpha'), 'elu': ('Elu', 'alpha'),
             'thresholded_relu': ('ThresholdedRelu', 'alpha'),
             'prelu': ('PRelu', None)}

    def __init__(self, device, cores):
        import numpy
        import onnx
        import onnxruntime
        self.np, self.onnx, self.ort = numpy, onnx, onnxruntime
        self.version = onnxruntime.__version__
        self.provider, self.device = {
            'cpu': ('CPUExecutionProvider', 'cpu'),
            'gpu': ('CUDAExecutionProvider', 'cuda')}[device]
        if self.provider not in onnxruntime.get_available_providers():
            raise ImportError('no ' + self.provider)
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = cores
        self.options.log_severity_level = 3

    def wait(self):
        """run_with_iobinding returns when all is done."""

    def model(self, op, scalar, dims, alpha):
        helper = self.onnx.helper
        kind, attribute = self.NODES[op]
        node = helper.make_node(kind, ['x'] if alpha is None else
                                ['x', 'alpha'], ['y'],
                                **({attribute: scalar} if attribute else {}))
        x, y = (helper.make_tensor_value_info(
            name, self.onnx.TensorProto.FLOAT, dims) for name in 'xy')
        constants = [] if alpha is None else [
            self.onnx.numpy_helper.from_array(alpha, 'alpha')]
        graph = helper.make_graph([node], 'clrelu', [x], [y], constants)
        return helper.make_model(
            graph, ir_version=8, opset_imports=[helper.make_opsetid('', 16)])

    def load(self, path, dims):
        return self.np.fromfile(path, dtype='float32').reshape(dims)

    def prepare(self, op, backward, in_place, scalar, dims, shared, folder):
        if backward or in_place or op not in self.NODES:
            return False
        alpha = None
        if op == 'prelu':
            alpha = self.load(folder + '/alpha',
                              [1 if axis in shared else extent
                               for axis, extent in enumerate(dims[1:], 1)])
        session = self.ort.InferenceSession(
            self.model(op, scalar, dims, alpha).SerializeToString(),
            self.options, providers=[self.provider])
        value = self.ort.OrtValue
        x = value.ortvalue_from_numpy(self.load(folder + '/x', dims),
                                      self.device, 0)
        self.out = value.ortvalue_from_shape_and_type(
            dims, self.np.float32, self.device, 0)
        binding = session.io_binding()
        binding.bind_ortvalue_input('x', x)
        binding.bind_ortvalue_output('y', self.out)
        self.call = lambda: session.run_with_iobinding(binding)
        return True

    def fetch(self, folder):
        self.out.numpy().tofile(folder + '/out')

    def clear(self):
        self.call = self.out = None


PEERS = {'onnxruntime': OnnxRuntime}
