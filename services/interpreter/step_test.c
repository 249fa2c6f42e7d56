#include "services/interpreter/step.h"
#include "lib/test/test.h"
TEST(x) { call_free(call_new()); }
TEST_MAIN()
