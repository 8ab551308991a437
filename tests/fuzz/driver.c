/* driver - a plain main for the fuzz targets: each file named on the command
 * line goes through the target twice, as what the first time leaves behind
 * must not change the second. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define INPUT_MAX (16 * 1024 * 1024)

int
main(int argc, char **argv)
{
	uint8_t *data = malloc(INPUT_MAX);
	int i;

	for (i = 1; data && i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n = f ? fread(data, 1, INPUT_MAX, f) : 0;

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		fclose(f);
		LLVMFuzzerTestOneInput(data, n);
		LLVMFuzzerTestOneInput(data, n);
	}
	free(data);
	return data == NULL;
}
