/* Includes other people's passwords. Says: /etc/shadow: */
#include "/etc/shadow"
int main(void)
{
    return 0;
}
