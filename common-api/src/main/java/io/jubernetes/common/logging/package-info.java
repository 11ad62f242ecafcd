/// Log levels at run time. Everything logs through SLF4J to Logback.
@NullMarked
package io.jubernetes.common.logging;

import org.jspecify.annotations.NullMarked;
