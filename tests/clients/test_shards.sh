#!/bin/sh
# test_shards.sh - one dalpha, byte for byte, from every engine there is
# SPDX-License-Identifier: MIT
#
#     test_shards.sh FOLDER [all]
#
# all: with MPI and StarPU.
#
# FOLDER has the programs devices, mpi_dalpha, mpi_train, starpu_dalpha and
# starpu_mpi_dalpha.
folder=$1
golden=
count=0
bad=0

# All on this machine, as root too, with more ranks than cores.
export OCL_ICD_VENDORS=pocl.icd POCL_MAX_PTHREAD_COUNT=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl=self,vader
# ... as Open MPI 5 and later call it.
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_MCA_plm=isolated OMPI_MCA_oob_tcp_if_include=lo
export OMPI_MCA_hwloc_base_binding_policy=none
export STARPU_NCPU=0 STARPU_OPENCL_ON_CPUS=1 STARPU_SILENT=1
export STARPU_WORKERS_NOBIND=1
# Where the tests are built so, what MPI and PoCL's compiler leak is theirs.
export ASAN_OPTIONS=detect_leaks=0
home=$(mktemp -d) || exit 1
trap 'rm -r "$home"' EXIT
export HOME="$home" STARPU_HOME="$home" POCL_CACHE_DIR="${POCL_CACHE_DIR:-$home}"

# What hangs fails with status 124.
limit='timeout -k 5 900'

# same TEXT PROGRAM COMMAND...: one line of TAP; the first has the golden bytes.
same() {
    text=$1
    program=$folder/$2
    shift 2
    count=$((count + 1))
    if ! [ -x "$program" ]; then
        echo "ok $count - $text # SKIP not built"
        return
    fi
    printed=$($limit "$@" 2>"$home/error")
    status=$?
    dalpha=$(echo "$printed" | sed -n 's/^dalpha \([^ ]*\).*/\1/p')
    golden=${golden:-$dalpha}
    if [ $status = 0 ] && [ -n "$dalpha" ] && [ "$dalpha" = "$golden" ]; then
        echo "ok $count - $text: $dalpha"
        return
    fi
    echo "not ok $count - $text: status $status, $dalpha"
    sed 's/^/# /' "$home/error"
    bad=1
}

two='POCL_DEVICES=pthread pthread'
same '1 device' devices "$folder/devices" 1
same '2 devices' devices env "$two" "$folder/devices" 2
same 'each compute unit' devices env -u POCL_MAX_PTHREAD_COUNT \
    "$folder/devices"
if [ "$2" != all ]; then
    echo "1..$count"
    exit $bad
fi
for n in 1 2 3 4; do
    same "MPI, $n ranks" mpi_dalpha mpirun -n $n "$folder/mpi_dalpha"
done
same 'StarPU, 1 device' starpu_dalpha env STARPU_NOPENCL=1 \
    "$folder/starpu_dalpha"
same 'StarPU, 2 devices' starpu_dalpha env STARPU_NOPENCL=2 "$two" \
    "$folder/starpu_dalpha"
for n in 1 2 4; do
    same "StarPU, $n ranks" starpu_mpi_dalpha env STARPU_NOPENCL=1 \
        mpirun -n $n "$folder/starpu_mpi_dalpha"
done

# A rank that is killed ends the job, which prints no result.
if [ -x "$folder/mpi_dalpha" ]; then
    count=$((count + 1))
    printed=$($limit mpirun -n 2 sh -c '
        [ "$OMPI_COMM_WORLD_RANK" = 0 ] || kill -9 $$; exec "$0"' \
        "$folder/mpi_dalpha" 2>"$home/error")
    status=$?
    verdict='ok'
    if [ $status = 0 ] || [ $status = 124 ] || [ -n "$printed" ]; then
        verdict='not ok'
        bad=1
    fi
    echo "$verdict $count - a killed rank ends the job: status $status"
fi

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

# Training prints the same digits, and a rank that is killed in the midst of it
# ends the job, which leaves no file.
if [ -x "$folder/mpi_train" ]; then
    $limit "$folder/mpi_train" 3 "$home/one.npy" >"$home/one.txt"
    report $? 'training, 1 process'
    for n in 2 3; do
        $limit mpirun -n $n "$folder/mpi_train" 3 "$home/some.npy" \
            >"$home/some.txt" && [ "$(wc -l <"$home/one.txt")" = 3 ] &&
            cmp "$home/one.txt" "$home/some.txt" &&
            cmp "$home/one.npy" "$home/some.npy"
        report $? "... $n ranks: the same digits, and the same alpha"
    done
    $limit mpirun -n 2 sh -c \
        'echo $$ >"$1/pid.$OMPI_COMM_WORLD_RANK"; exec "$0" 1000 "$1/dead.npy"' \
        "$folder/mpi_train" "$home" >"$home/dead.txt" 2>"$home/error" &
    job=$!
    while [ ! -s "$home/dead.txt" ] && kill -0 $job; do
        sleep 0.1
    done
    [ -s "$home/dead.txt" ] && kill -9 "$(cat "$home/pid.1")"
    wait $job
    status=$?
    [ -s "$home/dead.txt" ] && [ $status != 0 ] && [ $status != 124 ] &&
        ! ls "$home"/dead.npy* >/dev/null 2>&1
    report $? "a rank killed in training ends it: status $status"
fi
echo "1..$count"
exit $bad
