@NullMarked
package io.jubernetes.controllermanager;

import org.jspecify.annotations.NullMarked;
