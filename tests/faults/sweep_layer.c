/* sweep_layer.c - PReLU's lib.layer, each call failing once
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "folder.h"
#include "sweep_library.h"

static const char config[] =
    "PReLU(input_shape=[0,8],alpha_initializer=he_normal,"
    "alpha_regularizer=l1_l2,alpha_constraint=max_norm(1),seed=4)";

static clrelu_status create_layer(const struct device *d)
{
    const clrelu_prelu_layer_params params = {.rank = 2,
                                              .dims = small_shape.dims,
                                              .initializer = "he_normal",
                                              .regularizer = "l1_l2",
                                              .constraint = "max_norm(1)",
                                              .seed = 4};
    clrelu_prelu_layer *made;
    const clrelu_status status =
        clrelu_prelu_layer_create(d->context, &d->exec, &params, &made);

    clrelu_prelu_layer_destroy(&made);
    return status;
}

static clrelu_status create_from_config(const struct device *d)
{
    clrelu_prelu_layer *made;
    const clrelu_status status = clrelu_prelu_layer_create_from_config(
        d->context, &d->exec, config, &made);

    clrelu_prelu_layer_destroy(&made);
    return status;
}

static clrelu_status layer_config(const struct device *d)
{
    char text[512] = "";
    size_t got[3] = {0};
    clrelu_status status =
        clrelu_prelu_layer_config(lib.layer, sizeof(text), text, got);

    (void)d;
    if (!status)
        status =
            clrelu_prelu_layer_alpha_dims(lib.layer, got, got + 1, got + 2);
    return answer(status, text, strlen(text));
}

static clrelu_status layer_buffers(const struct device *d)
{
    (void)d;
    return clrelu_prelu_layer_alpha_buffer(lib.layer).mem &&
                   clrelu_prelu_layer_dalpha_buffer(lib.layer).mem
               ? CLRELU_OK
               : CLRELU_INVALID_BUFFER;
}

static clrelu_status layer_forward(const struct device *d)
{
    return clrelu_prelu_layer_forward(lib.layer, &d->exec,
                                      &(clrelu_prelu){.dtype = CLRELU_FLOAT32,
                                                      .shape = &small_shape,
                                                      .x = on(X),
                                                      .y = on(OUT)});
}

static clrelu_status layer_backward(const struct device *d)
{
    return clrelu_prelu_layer_backward(lib.layer, &d->exec,
                                       &(clrelu_prelu){.dtype = CLRELU_FLOAT32,
                                                       .shape = &long_shape,
                                                       .x = on(LONG_X),
                                                       .dy = on(LONG_DY),
                                                       .dx = on(LONG_OUT)});
}

static clrelu_status layer_penalty(const struct device *d)
{
    return clrelu_prelu_layer_penalty(lib.layer, &d->exec, on(OUT));
}

static clrelu_status layer_update(const struct device *d)
{
    return clrelu_prelu_layer_update(lib.layer, &d->exec, 0.1, 0.9);
}

static const float values[ALPHAS] = {.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f};

static clrelu_status layer_write(const struct device *d)
{
    return clrelu_prelu_layer_write_alpha(lib.layer, &d->exec, ALPHAS, values);
}

static clrelu_status layer_read(const struct device *d)
{
    float got[ALPHAS];

    return answer(
        clrelu_prelu_layer_read_alpha(lib.layer, &d->exec, ALPHAS, got), got,
        sizeof(got));
}

static clrelu_status layer_save(const struct device *d)
{
    return clrelu_prelu_layer_save(lib.layer, &d->exec, lib.path);
}

static clrelu_status layer_load(const struct device *d)
{
    return clrelu_prelu_layer_load(lib.layer, &d->exec, lib.path);
}

static void open_layer(const struct scenario *s)
{
    reset(s);
    must(s, clrelu_prelu_layer_create_from_config(
                lib.device.context, &lib.device.exec, config, &lib.layer));
}

static void close_layer(const struct scenario *s)
{
    (void)s;
    clrelu_prelu_layer_destroy(&lib.layer);
}

/* An older file, that must be there as long as the new one is not. */
static void open_to_save(const struct scenario *s)
{
    folder_put(lib.path, "older");
    open_layer(s);
}

static void open_to_load(const struct scenario *s)
{
    open_layer(s);
    must(s, clrelu_prelu_layer_write_alpha(lib.layer, &lib.device.exec, ALPHAS,
                                           values));
    must(s, clrelu_prelu_layer_save(lib.layer, &lib.device.exec, lib.path));
    close_layer(s);
    open_layer(s);
}

/* ---------------------------------------------------------- scenarios -- */

#define LAYER(f) .before = open_layer, .after = close_layer, FUNCTION(f)

static const struct scenario scenarios[] = {
    {"clrelu_prelu_layer_create and clrelu_prelu_layer_destroy",
     WARM(create_layer)},
    {"clrelu_prelu_layer_create_from_config", WARM(create_from_config)},
    {"clrelu_prelu_layer_config, clrelu_prelu_layer_alpha_dims",
     LAYER(layer_config)},
    {"clrelu_prelu_layer_alpha_buffer, clrelu_prelu_layer_dalpha_buffer",
     LAYER(layer_buffers)},
    {"clrelu_prelu_layer_forward", LAYER(layer_forward)},
    {"clrelu_prelu_layer_backward", LAYER(layer_backward)},
    {"clrelu_prelu_layer_penalty", LAYER(layer_penalty)},
    {"clrelu_prelu_layer_update", LAYER(layer_update)},
    {"clrelu_prelu_layer_write_alpha", LAYER(layer_write)},
    {"clrelu_prelu_layer_read_alpha", LAYER(layer_read)},
    {"clrelu_prelu_layer_save", .before = open_to_save, .after = close_layer,
     FUNCTION(layer_save)},
    {"clrelu_prelu_layer_load", .before = open_to_load, .after = close_layer,
     FUNCTION(layer_load), .absorbs = " fclose "},
};
const struct scenarios sweep_layers = {scenarios, COUNT_OF(scenarios)};
