#pragma once
#include <libwebsockets.h>

// Room that libwebsockets wants before every payload; the macro is one that Swift can't read.
enum { cws_prefix = LWS_PRE };
