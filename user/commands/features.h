/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* features.h - the command `features`: what this kernel lets us see, in text, JSON or CSV. */
#ifndef TCPDWELL_COMMANDS_FEATURES_H
#define TCPDWELL_COMMANDS_FEATURES_H

#include <stdio.h>

#include "cli/options.h"

/* An exit status. */
int features_run(const struct options *options, FILE *out);

#endif
