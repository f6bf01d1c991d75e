/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A main for fuzz targets in builds without libFuzzer: runs the target on every file of its corpus,
 * tests/fuzz/corpus/NAME under $srcdir for a program fuzz_NAME, or on the files named as arguments. One TAP line per
 * file. An empty corpus is a failure.
 *
 * Threads: one. Limits: files of FILE_MAX bytes. Errors: exit status 1, or the abort of the target.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input in a block of exactly its size, so that a sanitizer sees any look behind it. */
static int run_file(const char *path)
{
    static uint8_t content[FILE_MAX];
    FILE *f = fopen(path, "rb");
    uint8_t *exact;
    size_t n;

    if (!f)
        return 0;
    n = fread(content, 1, sizeof content, f);
    fclose(f);
    exact = malloc(n ? n : 1);
    if (!exact)
        return 0;
    memcpy(exact, content, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 1;
}

static int visible(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

static int report(int ok, int number, const char *what)
{
    printf("%sok %d - %s\n", ok ? "" : "not ", number, what);
    fflush(stdout);
    return ok;
}

static int run_corpus(const char *program)
{
    const char *srcdir = getenv("srcdir"), *base = strrchr(program, '/');
    struct dirent **entries;
    char dir[512], path[1024];
    int count, all = 1;

    base = base ? base + 1 : program;
    if (strncmp(base, "fuzz_", 5) == 0)
        base += 5;
    snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", base);
    count = scandir(dir, &entries, visible, alphasort);
    if (count <= 0) {
        printf("1..1\nnot ok 1 - no corpus in %s\n", dir);
        return 1;
    }
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        all &= report(run_file(path), i + 1, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return !all;
}

int main(int argc, char **argv)
{
    int all = 1;

    if (argc < 2)
        return run_corpus(argv[0]);
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++)
        all &= report(run_file(argv[i]), i, argv[i]);
    return !all;
}
