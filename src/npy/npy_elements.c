/* npy_elements.c - NumPy's file format: conversion of elements
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/half.h"
#include "npy/npy.h"

static uint64_t swap_bytes(uint64_t bits, size_t size)
{
    uint64_t swapped = 0;

    for (size_t i = 0; i < size; i++, bits >>= 8)
        swapped = swapped << 8 | (bits & 0xff);
    return swapped;
}

static uint64_t load(const unsigned char *at, size_t size, bool swapped)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t bits;

    switch (size) {
    case 1:
        return *at;
    case 2:
        memcpy(&u16, at, size);
        bits = u16;
        break;
    case 4:
        memcpy(&u32, at, size);
        bits = u32;
        break;
    default:
        memcpy(&bits, at, sizeof(bits));
    }
    return swapped ? swap_bytes(bits, size) : bits;
}

static int64_t integer_of_bits(const npy_header *h, uint64_t bits)
{
    const uint64_t sign = UINT64_C(1) << (8 * h->item_size - 1);

    return (int64_t)((bits ^ sign) - sign);
}

static double double_of_bits(const npy_header *h, uint64_t bits)
{
    const uint32_t low = (uint32_t)(h->kind == 'V' ? bits << 16 : bits);
    double value64;
    float value32;

    if (h->kind == 'u')
        return (double)bits;
    if (h->kind == 'i')
        return (double)integer_of_bits(h, bits);
    /* Any byte but 0 is True, as NumPy has it. */
    if (h->kind == 'b')
        return bits != 0;
    if (h->kind == 'f' && h->item_size == 2)
        return (double)clrelu_half_widen((uint16_t)bits);
    memcpy(&value32, &low, sizeof(value32));
    memcpy(&value64, &bits, sizeof(value64));
    return h->item_size == 8 ? value64 : (double)value32;
}

static float float_of_bits(const npy_header *h, uint64_t bits)
{
    /* Via double, integers would be rounded twice. */
    if (h->kind == 'u')
        return (float)bits;
    if (h->kind == 'i')
        return (float)integer_of_bits(h, bits);
    return (float)double_of_bits(h, bits);
}

/* A double that rounds to 16 bits as the value does.  Integers of more than 53
 * bits are truncated with a sticky bit. */
static double sticky_of_bits(const npy_header *h, uint64_t bits)
{
    const bool negative = h->kind == 'i' && bits >> 63;
    uint64_t size = negative ? 0 - bits : bits;

    if (h->item_size < 8 || h->kind == 'f')
        return double_of_bits(h, bits);
    if (size >> 53)
        size = (size >> 12 | ((size & 4095) != 0)) << 12;
    return negative ? -(double)size : (double)size;
}

static void copy(const npy_header *h, const unsigned char *bytes, size_t n,
                 unsigned char *out)
{
    const size_t size = h->item_size;

    memcpy(out, bytes, n * size);
    for (size_t i = 0; i < n * size && h->swapped; i += size)
        for (size_t k = 0; k < size; k++)
            out[i + k] = bytes[i + size - 1 - k];
}

clrelu_dtype clrelu_npy_dtype(const npy_header *h)
{
    if (h->kind == 'V')
        return CLRELU_BFLOAT16;
    if (h->kind != 'f' || h->item_size == 4)
        return CLRELU_FLOAT32;
    return h->item_size == 2 ? CLRELU_FLOAT16 : CLRELU_FLOAT64;
}

void clrelu_npy_convert(const npy_header *h, const void *bytes, size_t n,
                        clrelu_dtype dtype, void *out)
{
    const unsigned char *at = bytes;
    const bool real = h->kind == 'f' || h->kind == 'V';

    if (real && dtype == clrelu_npy_dtype(h)) {
        copy(h, bytes, n, out);
        return;
    }
    for (size_t i = 0; i < n; i++, at += h->item_size) {
        const uint64_t bits = load(at, h->item_size, h->swapped);
        if (dtype == CLRELU_FLOAT32)
            ((float *)out)[i] = float_of_bits(h, bits);
        else if (dtype == CLRELU_FLOAT64)
            ((double *)out)[i] = double_of_bits(h, bits);
        else
            ((uint16_t *)out)[i] =
                clrelu_half_narrow(sticky_of_bits(h, bits), dtype);
    }
}

void clrelu_npy_reorder(const npy_header *h, size_t size, const void *fortran,
                        void *c)
{
    size_t index[NPY_MAX_RANK] = {0}, stride[NPY_MAX_RANK], from = 0;

    stride[0] = 1;
    for (size_t axis = 1; axis < h->rank; axis++)
        stride[axis] = stride[axis - 1] * h->dims[axis - 1];
    for (size_t i = 0; i < h->count; i++) {
        memcpy((char *)c + i * size, (const char *)fortran + from * size, size);
        for (size_t axis = h->rank; axis-- > 0;) {
            from += stride[axis];
            if (++index[axis] < h->dims[axis])
                break;
            from -= stride[axis] * h->dims[axis];
            index[axis] = 0;
        }
    }
}
