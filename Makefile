# voxbus - the only build file. `make help` lists what it does.
#
# Every program is a folder: all of its .c files but the *_test.c beside them.
# BUILD names the output folder, so that flavours (and people) do not mix:
#   make BUILD=build/asan SANITIZE=1

BUILD    ?= build
ifeq ($(origin CC),default)
CC       := gcc
endif
# Nothing is found, silently, until the packages are there: then make starts anew.
PKG      ?= $(if $(shell which pkg-config 2>/dev/null),pkg-config,true)
SERVICES := fetcher interpreter sipgw mediad callbackd apid

include make/packages.mk

# --- flags -----------------------------------------------------------------
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wswitch-enum -Wformat=2 -Wconversion \
	-Wno-sign-conversion -Werror
CFLAGS   ?= -O2 -g
STD      := -std=c11 -D_GNU_SOURCE -fno-common -fstack-protector-strong
ifdef SANITIZE
CFLAGS   := -O1 -g -fno-omit-frame-pointer
SAN      := -fsanitize=address,undefined -fno-sanitize-recover=undefined
endif
ifdef COVER
CFLAGS   := -O0 -g --coverage
SAN      := --coverage
endif
VERSION  := $(shell cat VERSION 2>/dev/null || echo 0.1.0)
CPPFLAGS += -I. -DVOXBUS_VERSION='"$(VERSION)"'

# --- foreign libraries, and who may use them -------------------------------
LIBS_base      := -lcrypto
LIBS_proto     := $(shell $(PKG) --libs jansson)
LIBS_runtime   := $(shell $(PKG) --libs libmicrohttpd) -lpthread
LIBS_http      := $(shell $(PKG) --libs libcurl)
LIBS_sipgw     := $(shell $(PKG) --libs sofia-sip-ua libcares libssl)
LIBS_markup    := $(shell $(PKG) --libs libxml-2.0)
LIBS_interpreter := $(LIBS_markup)
LIBS_apid      := $(shell $(PKG) --libs sqlite3) $(LIBS_markup)
LIBS_mediad    := $(shell $(PKG) --libs spandsp opus speexdsp sndfile \
	libssl) -lcrypto -lm
LIBS_voxctl    := $(LIBS_markup)
SYS_INCLUDES   := $(patsubst -I%,-isystem %,$(shell $(PKG) --cflags-only-I \
	sofia-sip-ua libxml-2.0 2>/dev/null))

include make/build.mk
include make/check.mk
include make/docs.mk
include make/test.mk
include make/deploy.mk
