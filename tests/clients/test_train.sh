#!/bin/sh
# test_train.sh - train_digits learns, and does so again
# SPDX-License-Identifier: MIT
#
#     test_train.sh PATH/TO/train_digits FOLDER
if [ -n "$CLRELU_TEST_SMALL" ]; then
    echo '1..0 # SKIP CLRELU_TEST_SMALL'
    exit 0
fi
train=$1
folder=$2
count=0
bad=0

# report STATUS TEXT: one line of TAP.
report() {
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        bad=1
    fi
}

# accuracy MIN FILE: whether the held-out accuracy is at least that.
accuracy() {
    awk -v least="$1" '/^held-out accuracy:/ { found = $3 >= least }
        END { exit !found }' "$2"
}

# learn MIN TEXT OPTION...: trains, with the output in $log.
learn() {
    least=$1
    text=$2
    shift 2
    log=$folder/train_digits.txt
    "$train" --output "$folder/loss.png" "$@" >"$log"
    report $? "$text: trains, and its own checks hold"
    accuracy "$least" "$log"
    report $? "... to at least $least % of the digits held out"
}

# epochs TEST FILE: whether TEST, in awk, holds of first and last, the fields
# of the first and the last epoch: the losses by x, y and a mask are 6, 10, 14.
epochs() {
    awk '/^epoch/ { count = split($0, last)
            if (!first[1]) split($0, first)
            if ($6 "" != $10 "" || $6 "" != $14 "") differ = 1 }
        END { exit !(count && ('"$1"')) }' "$2"
}

# keep OP: trains the convolution network for all choices.
keep() {
    learn 90 "convolutions and $1" --network convolution --activation "$1" \
        --epochs 2
    epochs 'last[6] < first[6] / 2' "$log"
    report $? '... and the loss halves'
    epochs 'last[13] == "mask" && !differ' "$log"
    report $? '... from y and from masks with the digits of x'
    awk '/^kept/ { kept[$2] = $3; all[$2] = $5 }
        END { exit !(kept["x"] && kept["mask"] * 32 == kept["x"] &&
            all["mask"] < all["y"] && all["y"] < all["x"]) }' "$log"
    report $? '... and keeps a bit for a float, less than y, less than x'
}

learn 96 prelu
mv "$log" "$folder/train_digits_first.txt"
"$train" --output "$folder/loss.png" >"$log"
cmp -s "$log" "$folder/train_digits_first.txt"
report $? "... once more with the same digits"
learn 96 'prelu of one alpha' --shared-axes 1 --seed 2
learn 96 'prelu in bounds' --regularizer 'l1_l2(0.001, 0.002)' \
    --constraint 'max_norm(1)'
for op in leaky_relu elu thresholded_relu; do
    learn 94 $op --activation $op --epochs 5
done
keep leaky_relu
keep thresholded_relu
"$train" --network convolution --activation elu 2>"$folder/train_error.txt"
[ $? = 2 ] && grep -q 'more than a mask' "$folder/train_error.txt"
report $? 'elu, which has no mask, is refused'
"$train" --regularizer l3 2>"$folder/train_error.txt"
[ $? = 1 ] && grep -q 'known are.*l1_l2' "$folder/train_error.txt"
report $? 'an unknown regularizer is an error that lists the known'
echo "1..$count"
exit $bad
