/* Computes without end; on one line, which the verdict names. Says: running in circles at tcp_client.c:6. Looking: else no line is named */
volatile unsigned long turn;

int main(void)
{
    for (;;) turn++;
}
