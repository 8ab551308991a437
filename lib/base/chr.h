/* chr.h - classes of bytes, independent of any locale. */
#ifndef CHR_H
#define CHR_H

enum {
	CHR_SPACE = 1,		/* blank TAB LF VT FF CR */
	CHR_CTL = 2,		/* 0-31 and 127 */
	CHR_DIGIT = 4,
	CHR_ATEXT = 8,		/* RFC 5322 3.2.3, and all bytes above 127 */
	CHR_PRINT = 16,		/* 32-126 */
	CHR_8BIT = 32		/* 128-255 */
};

extern const unsigned char chr_class[256];

#define chr_is(c, classes) (chr_class[(unsigned char)(c)] & (classes))

/* ASCII letters only. */
char chr_lower(char c);
char chr_upper(char c);

#endif
