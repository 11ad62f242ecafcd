/// The admission plugins, one class each, under upstream's names.
@NullMarked
package io.jubernetes.apiserver.admission.plugins;

import org.jspecify.annotations.NullMarked;
