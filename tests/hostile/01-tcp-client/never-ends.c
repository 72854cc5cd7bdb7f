/* Computes without end; on one line, which the verdict names. Says: running in circles. Line: 6 */
volatile unsigned long turn;

int main(void)
{
    for (;;) turn++;
}
