/* A macro that grows to more than any memory holds. Says: virtual memory exhausted | The compiler was stopped */
#define A0(...) __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__, __VA_ARGS__
#define A1(...) A0(A0(__VA_ARGS__))
#define A2(...) A1(__VA_ARGS__), A1(__VA_ARGS__), A1(__VA_ARGS__), A1(__VA_ARGS__), A1(__VA_ARGS__), A1(__VA_ARGS__)
#define A3(...) A2(__VA_ARGS__), A2(__VA_ARGS__), A2(__VA_ARGS__), A2(__VA_ARGS__), A2(__VA_ARGS__), A2(__VA_ARGS__)
#define A4(...) A3(__VA_ARGS__), A3(__VA_ARGS__), A3(__VA_ARGS__), A3(__VA_ARGS__), A3(__VA_ARGS__), A3(__VA_ARGS__)
#define A5(...) A4(__VA_ARGS__), A4(__VA_ARGS__), A4(__VA_ARGS__), A4(__VA_ARGS__), A4(__VA_ARGS__), A4(__VA_ARGS__)
#define A6(...) A5(__VA_ARGS__), A5(__VA_ARGS__), A5(__VA_ARGS__), A5(__VA_ARGS__), A5(__VA_ARGS__), A5(__VA_ARGS__)
#define A7(...) A6(__VA_ARGS__), A6(__VA_ARGS__), A6(__VA_ARGS__), A6(__VA_ARGS__), A6(__VA_ARGS__), A6(__VA_ARGS__)
#define A8(...) A7(__VA_ARGS__), A7(__VA_ARGS__), A7(__VA_ARGS__), A7(__VA_ARGS__), A7(__VA_ARGS__), A7(__VA_ARGS__)
int numbers[] = {A8(1)};

int main(void)
{
    return numbers[0];
}
