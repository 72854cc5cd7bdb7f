/* Includes itself, without end. Says: #include nested depth 200 exceeds */
#include __FILE__
int main(void)
{
    return 0;
}
