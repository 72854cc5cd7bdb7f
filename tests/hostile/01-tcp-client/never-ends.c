/* Computes without end. Says: running in circles at tcp_client.c:7 */
volatile unsigned long turn;

int main(void)
{
    for (;;)
        turn++;
}
