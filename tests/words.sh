#!/bin/sh
# words.sh - private words, and the field's words that replace them
# SPDX-License-Identifier: MIT
#
# words.sh [FILE]...
#
# Prints the lines that have a word of the list below, and fails if there are
# any.  A line of the list is an extended regular expression for a whole word
# and the field's word.  Only lines that begin with = distinguish upper case.
cd "$(dirname "$0")/.." || exit 2

list() {
    cat <<'END'
companions? -> interleaved rows
find_together|struct together|together\.cl -> interleaved rows
check_apart -> check_disjoint
called for|calls_far|calls? from far -> prefetch, far prefetch
=(CALL|CALLS)_(FOR|TO_WRITE)|(NEAR|FAR)_CALLS|PREFETCH_TO_WRITE -> prefetch
past[ _](the )?caches? -> non-temporal
stream_bytes|streaming stores? -> non_temporal_bytes, non-temporal store
clrelu_(traits|work|lent|whole|fetch|flat)(_[a-z_]+)? -> today's name
leaf|next_leaves|first_leaf|inner[ _]blocks?|next_inner_blocks|inner_block_of -> inner alphas
run_alphas -> segment_alphas
walk(s|ed|ing|er)?|start_walk|step_on -> traversal, row cursor, advance
stretch(es)? -> burst
past_end|lines_end -> body_end
skip_of|shift_of -> peel, scratch_offset
=ARE_WHOLE|READ_WHOLE|(TO|FROM|READ)_WORDS -> aligned, raw
pack_(computed|inexact|odd) -> round_to_storage
load_up_to|store_up_to|load_packed|put_part -> partial load, partial store
is_near -> fits_l2
teams?|team_of_group|team_barrier -> work-group
(alone|alone_sums|team|flat|finish|lanes|each|prelude|wide)\.cl -> today's file
prelu_finish -> prelu_reduce
fold(s|ed|_group)? -> tree reduction
lent|lends?|borrow(s|ed|er)? -> acquire, release, own
traits -> device parameters
is_want|wish(es|ed)? -> resource error, setting
refusals? -> driver error
patience|in vain -> timeout
twins? -> must match
to and fro|to_and_fro -> ping-pong
by turns|take turns|takes turns -> alternating, round-robin
beside -> compared with, next to, in addition to
elsewhere -> the place itself
processors? -> CPU
gear -> harness
whole or not at all|whole or absent -> atomically
has had need of|have had need of -> has used
passed over -> ignored
held against -> compared with
the dead|out of thin air -> killed processes, synthetic
who(ever)? (else|needs|brings|waits|still|fills|cut|reads) -> the subject
what there is|what was|what is said|what has -> the thing
=([A-Z]+_)*(MOST|LEAST)(_[A-Z]+)* -> MAX, MIN
END
}

files=${*:-$(git ls-files cl src include docs README.md bench tests |
    grep -vE '/results/|/seeds/|\.png$|^cl/embed.py$|tests/(words.sh|structure.py)')}
found=$(list | while read -r line; do
    word=${line%% -> *}
    case $word in
    =*) grep -HnwE -e "${word#=}" $files ;;
    *) grep -HnwiE -e "$word" $files ;;
    esac | sed "s|\$|    (${line##* -> })|"
done)
[ -z "$found" ] && exit 0
echo "$found"
exit 1
