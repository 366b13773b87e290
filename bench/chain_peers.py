#!/usr/bin/env python3
# chain_peers.py - the chains of bench_chain, by torch.compile and XLA
# SPDX-License-Identifier: MIT
"""chain_peers.py BENCH_CHAIN [BATCH [RUNS [ROUNDS]]]

Runs BENCH_CHAIN and then the frameworks that are installed on the same shape
and expressions, in turns.  Prints for each chain the median of the rounds:
milliseconds of the chain, and how often that is a framework's time.  PyTorch
writes to tensors that are given; of XLA's results the last call's are donated.
"""
import os
import statistics
import subprocess
import sys
import time

# What a call frees, the next one gets, without page faults between.
MALLOC = {'GLIBC_TUNABLES': 'glibc.malloc.hugetlb=1', 'MALLOC_MMAP_MAX_': '0',
          'MALLOC_TRIM_THRESHOLD_': '17179869184',
          'MALLOC_TOP_PAD_': '67108864'}
CHANNELS, SIDE, ALPHA = 64, 64, 0.3
CORES = len(os.sched_getaffinity(0))


def torch_chains(x, residual, dy, bias, alpha):
    os.environ['TORCHINDUCTOR_COMPILE_THREADS'] = '1'
    import torch
    torch.set_num_threads(CORES)
    torch.set_grad_enabled(False)
    arrays = [torch.from_numpy(a) for a in (x, residual, dy, bias, alpha)]
    out = torch.empty_like(arrays[0])
    leaky = torch.nn.functional.leaky_relu

    def forward(x, residual, dy, bias, alpha, out):
        out.copy_(leaky(x + bias, ALPHA))

    def with_residual(x, residual, dy, bias, alpha, out):
        out.copy_(leaky(x + bias, ALPHA) + residual)

    def backward(x, residual, dy, bias, alpha, out):
        dz = torch.where(x + bias < 0, ALPHA * dy, dy)
        out.copy_(dz)
        return dz.sum((0, 2, 3))

    def prelu(x, residual, dy, bias, alpha, out):
        z = x + bias
        dz = torch.where(z < 0, alpha * dy, dy)
        out.copy_(dz)
        return (dz.sum((0, 2, 3)),
                torch.where(z < 0, z * dy, 0).sum((0, 2, 3)))

    def call(function):
        compiled = torch.compile(function, dynamic=False, fullgraph=True)
        return lambda: compiled(*arrays, out)
    return ('torch.compile ' + torch.__version__,
            [call(f) for f in (forward, with_residual, backward, prelu)])


def xla_chains(x, residual, dy, bias, alpha):
    os.environ['JAX_PLATFORMS'] = 'cpu'
    os.environ['NPROC'] = str(CORES)
    import jax
    jnp = jax.numpy
    arrays = [jnp.asarray(a) for a in (x, residual, dy, bias, alpha)]
    held = [jnp.zeros_like(arrays[0])]

    def forward(out, x, residual, dy, bias, alpha):
        return (jax.nn.leaky_relu(x + bias, ALPHA),)

    def with_residual(out, x, residual, dy, bias, alpha):
        return (jax.nn.leaky_relu(x + bias, ALPHA) + residual,)

    def backward(out, x, residual, dy, bias, alpha):
        dz = jnp.where(x + bias < 0, ALPHA * dy, dy)
        return dz, dz.sum((0, 2, 3))

    def prelu(out, x, residual, dy, bias, alpha):
        z = x + bias
        dz = jnp.where(z < 0, alpha * dy, dy)
        return (dz, dz.sum((0, 2, 3)),
                jnp.where(z < 0, z * dy, 0).sum((0, 2, 3)))

    def call(function):
        jitted = jax.jit(function, donate_argnums=0, keep_unused=True)

        def run():
            results = jax.block_until_ready(jitted(held[0], *arrays))
            held[0] = results[0]
        return run
    return ('XLA, jax ' + jax.__version__,
            [call(f) for f in (forward, with_residual, backward, prelu)])


def median_ms(call, runs):
    def once():
        start = time.perf_counter()
        call()
        return 1e3 * (time.perf_counter() - start)
    once()
    return statistics.median(once() for _ in range(runs))


def chains(bench, batch, runs):
    """{name: milliseconds}"""
    text = subprocess.run([bench, str(batch), str(runs)], check=True,
                          capture_output=True, text=True).stdout
    return {line[:24].strip(): float(line[24:].split()[0])
            for line in text.splitlines() if ' ms ' in line}


def main():
    if 'MALLOC_MMAP_MAX_' not in os.environ:
        os.execve(sys.executable, [sys.executable] + sys.argv,
                  {**os.environ, **MALLOC})
    import numpy
    bench = sys.argv[1]
    batch, runs, rounds = [int(n) for n in sys.argv[2:]] + [64, 9, 5][
        len(sys.argv) - 2:]
    random = numpy.random.default_rng(1)
    shape = batch, CHANNELS, SIDE, SIDE
    inputs = [random.standard_normal(s, dtype=numpy.float32)
              for s in (shape,) * 3 + ((CHANNELS, 1, 1),) * 2]
    frameworks = []
    for make in torch_chains, xla_chains:
        try:
            frameworks.append(make(*inputs))
        except ImportError as error:
            print(f'{make.__name__}: {error}', file=sys.stderr)
    times, ratios = {}, {}
    for _ in range(rounds):
        for i, (name, ms) in enumerate(chains(bench, batch, runs).items()):
            times.setdefault(name, []).append(ms)
            for peer, calls in frameworks:
                ratios.setdefault((name, peer), []).append(
                    median_ms(calls[i], runs) / ms)
    print(f'{inputs[0].size} elements')
    for name, ms in times.items():
        print(f'{name:<24} {statistics.median(ms):9.3f} ms', *(
            f'{peer} {statistics.median(ratios[name, peer]):.2f}'
            for peer, _ in frameworks), sep='   ')


if __name__ == '__main__':
    main()
