/// JSON and YAML, in and out; nothing else in the suite parses either.
@NullMarked
package io.jubernetes.common.codec;

import org.jspecify.annotations.NullMarked;
