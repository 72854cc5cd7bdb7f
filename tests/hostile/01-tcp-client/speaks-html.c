/* Would run in the browser of who reads its report. Says: </script><script> */
#include <stdio.h>

int main(void)
{
    fputs("</script><script>document.title='passed'</script><!--", stderr);
    return 3;
}
