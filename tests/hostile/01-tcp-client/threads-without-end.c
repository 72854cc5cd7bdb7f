/* Makes threads until it can't. Says: tcp_client */
#include <pthread.h>
#include <unistd.h>

static void *sleep_for_ever(void *unused)
{
    pause();
    return unused;
}

int main(void)
{
    pthread_t thread;
    while (pthread_create(&thread, NULL, sleep_for_ever, NULL) == 0)
        continue;
    pause();
}
