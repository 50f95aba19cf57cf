/*
 * What JavaScript knows by name. A path that meets one of these is left to JavaScript, so that it
 * never means something else here than there.
 */
#include <string.h>

#include "flow/expr_inner.h"

/* Each word between blanks. */
static const char reserved[] =
    " arguments async await break case catch class const continue debugger default delete do else "
    "enum eval export extends false finally for function if implements import in instanceof "
    "interface let new null package private protected public return static super switch this "
    "throw true try typeof undefined var void while with yield ";

static const char globals[] =
    " Array ArrayBuffer Atomics BigInt Boolean DataView Date DateTime Duration Error EvalError "
    "FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array "
    "Int8Array Interval Intl JSON Map Math NaN Number Object Promise Proxy RangeError "
    "ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError TextDecoder "
    "TextEncoder TypeError URIError URL URLSearchParams Uint16Array Uint32Array Uint8Array "
    "Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly atob btoa clearInterval clearTimeout "
    "console crypto decodeURI decodeURIComponent encodeURI encodeURIComponent escape globalThis "
    "isFinite isNaN parseFloat parseInt queueMicrotask setInterval setTimeout structuredClone "
    "unescape ";

static const char of_objects[] =
    " __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ __proto__ constructor "
    "hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf ";

static const char of_lists[] =
    " at concat copyWithin entries every fill filter find findIndex findLast findLastIndex flat "
    "flatMap forEach group groupToMap includes indexOf join keys lastIndexOf map pop push reduce "
    "reduceRight reverse shift slice some sort splice toReversed toSorted toSpliced unshift "
    "values with ";

static const char of_texts[] =
    " anchor at big blink bold charAt charCodeAt codePointAt concat endsWith fixed fontcolor "
    "fontsize includes indexOf isWellFormed italics lastIndexOf link localeCompare match matchAll "
    "normalize padEnd padStart repeat replace replaceAll search slice small split startsWith "
    "strike sub substr substring sup toLocaleLowerCase toLocaleUpperCase toLowerCase toUpperCase "
    "toWellFormed trim trimEnd trimLeft trimRight trimStart ";

static const char of_numbers[] = " toExponential toFixed toPrecision ";

static bool is_listed(const char *list, struct str word);

bool
expr_is_javascript_name(struct str name)
{
	return is_listed(reserved, name) || is_listed(globals, name);
}

bool
expr_is_inherited(enum value_type type, struct str key)
{
	const char *own = "";

	switch (type) {
	case VALUE_UNDEFINED:
	case VALUE_NULL:
		return false;
	case VALUE_BOOL:
	case VALUE_OBJECT:
		break;
	case VALUE_NUMBER:
		own = of_numbers;
		break;
	case VALUE_TEXT:
		own = of_texts;
		break;
	case VALUE_LIST:
		own = of_lists;
		break;
	}
	return is_listed(of_objects, key) || is_listed(own, key);
}

static bool
is_listed(const char *list, struct str word)
{
	char padded[32];

	if (word.n == 0 || word.n > sizeof(padded) - 3 || memchr(word.p, ' ', word.n) != NULL)
		return false;
	padded[0] = ' ';
	memcpy(padded + 1, word.p, word.n);
	padded[word.n + 1] = ' ';
	padded[word.n + 2] = '\0';
	return strstr(list, padded) != NULL;
}
