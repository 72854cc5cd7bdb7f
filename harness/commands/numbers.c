#include "commands/numbers.h"

#include <errno.h>
#include <stdlib.h>

int number_read(const char *text, int base, unsigned long long max, unsigned long long *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, base);
    return errno != 0 || end == text || *end != '\0' || text[0] == '-' || *value > max ? -1 : 0;
}
