# peers.py - frameworks of Python for clrelu-bench, asked case by case over pipes
# SPDX-License-Identifier: MIT
"""peers.py NAME cpu|gpu CORES FOLDER, after the text of a peer_*.py

Says "ready VERSION", or "no REASON" and ends.  Then answers:
    prepare OP DIRECTION IN_PLACE SCALAR DIMS SHARED   ok | no
    run CALLS                                          SECONDS
    fetch                                              ok
DIMS and SHARED are numbers joined by commas, SHARED may be '-'.  Inputs are
FOLDER/x, dy and alpha, results FOLDER/out and dalpha: float32, nothing else.

PEERS of the peer_*.py has a class for each name.  It has a version, prepare,
call, wait, fetch and clear; an exception where it cannot run at all.
"""
import os
import sys
import time


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


def line_of(error):
    """Short enough for the other side, which reads 255 bytes."""
    text = ' '.join(str(error).split()) or type(error).__name__
    return text.encode('ascii', 'replace').decode()[:90]


def main():
    name, device, cores, folder = sys.argv[1:]
    # Frameworks print to stdout at times: let that not be taken for answers.
    answers = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)

    def reply(*words):
        print(*words, file=answers, flush=True)
    try:
        framework = PEERS[name](device, int(cores))
    except Exception as error:  # a broken installation raises anything
        reply('no', line_of(error))
        return
    reply('ready', framework.version)
    for line in sys.stdin:
        try:
            reply(answer(framework, line.split(), folder))
        except Exception as error:  # a peer that fails is absent, not fatal
            reply('no', line_of(error))


main()
