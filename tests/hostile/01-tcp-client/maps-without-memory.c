/* Takes memory in the kernel's tables of pages: one page in every two megabytes that it maps. Says: the program uses more than 256 MiB */
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 600; i++) {
        volatile char *map = mmap(NULL, 1UL << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        for (unsigned long at = 0; map != MAP_FAILED && at < 1UL << 30; at += 1UL << 21)
            (void)map[at];
    }
    for (;;)
        pause();
}
