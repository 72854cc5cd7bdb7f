#include "check/stage.h"

struct stage stage;
