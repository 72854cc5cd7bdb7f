/* A million warnings. Says: ended with status 7 */
#define W0 { int unused; }
#define W1 W0 W0 W0 W0 W0 W0 W0 W0 W0 W0
#define W2 W1 W1 W1 W1 W1 W1 W1 W1 W1 W1
#define W3 W2 W2 W2 W2 W2 W2 W2 W2 W2 W2

int main(void)
{
    W3
    return 7;
}
