#include "chart/raster.hpp"

#include <cairo/cairo.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <fontconfig/fontconfig.h>
#include <librsvg/rsvg.h>

#include <cmath>
#include <memory>
#include <optional>

#include "base/text.hpp"

namespace bantam::chart {
namespace {

constexpr double kMostPixels = 1e8;

// What draws is loaded when a picture is asked for: the program starts without it, also on a machine that
// lacks it. It stays until the process ends, as its parts cannot be taken down.
class Shared {
 public:
  static std::optional<Shared> open(const char* name) {
    void* handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    return handle == nullptr ? std::nullopt : std::optional(Shared(handle));
  }
  // Null when the library has no such function.
  template <typename Function>
  Function* find(const char* name) const {
    // POSIX gives functions as pointers to objects.
    return reinterpret_cast<Function*>(::dlsym(handle_, name));
  }

 private:
  explicit Shared(void* handle) : handle_(handle) {}
  void* handle_;
};

#define BANTAM_FIND(library, function) \
  if ((all.function = library->find<decltype(::function)>(#function)) == nullptr) return std::nullopt

// The functions of librsvg, cairo and glib that are used.
struct Painter {
  decltype(::rsvg_handle_new_from_data)* rsvg_handle_new_from_data = nullptr;
  decltype(::rsvg_handle_render_document)* rsvg_handle_render_document = nullptr;
  decltype(::g_object_unref)* g_object_unref = nullptr;
  decltype(::g_error_free)* g_error_free = nullptr;
  decltype(::cairo_image_surface_create)* cairo_image_surface_create = nullptr;
  decltype(::cairo_surface_destroy)* cairo_surface_destroy = nullptr;
  decltype(::cairo_create)* cairo_create = nullptr;
  decltype(::cairo_destroy)* cairo_destroy = nullptr;
  decltype(::cairo_surface_write_to_png_stream)* cairo_surface_write_to_png_stream = nullptr;
  decltype(::cairo_status_to_string)* cairo_status_to_string = nullptr;

  // Absent where one of the libraries is not on this machine.
  static std::optional<Painter> load() {
    const auto rsvg = Shared::open("librsvg-2.so.2");
    const auto cairo = Shared::open("libcairo.so.2");
    const auto gobject = Shared::open("libgobject-2.0.so.0");
    const auto glib = Shared::open("libglib-2.0.so.0");
    if (!rsvg || !cairo || !gobject || !glib) return std::nullopt;
    Painter all;
    BANTAM_FIND(rsvg, rsvg_handle_new_from_data);
    BANTAM_FIND(rsvg, rsvg_handle_render_document);
    BANTAM_FIND(gobject, g_object_unref);
    BANTAM_FIND(glib, g_error_free);
    BANTAM_FIND(cairo, cairo_image_surface_create);
    BANTAM_FIND(cairo, cairo_surface_destroy);
    BANTAM_FIND(cairo, cairo_create);
    BANTAM_FIND(cairo, cairo_destroy);
    BANTAM_FIND(cairo, cairo_surface_write_to_png_stream);
    BANTAM_FIND(cairo, cairo_status_to_string);
    return all;
  }
};
#undef BANTAM_FIND

// An object with the function that releases it.
template <typename T, typename Release>
auto held(T* object, Release* release) {
  return std::unique_ptr<T, Release*>(object, release);
}

base::Error failed(const std::string& why) {
  return {.kind = base::ErrorKind::environment,
          .message = "the picture cannot be drawn: " + base::printable(why),
          .hint = "take the SVG files instead"};
}

std::string text_and_free(const Painter& painter, GError* error) {
  if (error == nullptr) return "unknown";
  std::string text = error->message;
  painter.g_error_free(error);
  return text;
}

cairo_status_t append(void* target, const unsigned char* bytes, unsigned int count) {
  // cairo hands over bytes, std::string holds chars.
  static_cast<std::string*>(target)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

base::Result<std::string> png_from_svg(const std::string& svg, double width, double height, double scale) {
  const double columns = std::ceil(width * scale);
  const double rows = std::ceil(height * scale);
  if (!(columns >= 1.0) || !(rows >= 1.0) || columns * rows > kMostPixels)
    return base::fail(base::ErrorKind::usage,
                      fmt::format("a picture of {:.0f} x {:.0f} pixels is too large", columns, rows),
                      "take the SVG files, or a smaller --scale");
  const auto painter = Painter::load();
  if (!painter)
    return base::fail(base::ErrorKind::environment, "PNG files need librsvg, which is not on this machine",
                      "install it (Debian: librsvg2-2), or take --format svg");
  GError* error = nullptr;
  // rsvg takes bytes, std::string holds chars.
  const auto* bytes = reinterpret_cast<const guint8*>(svg.data());
  RsvgHandle* handle = painter->rsvg_handle_new_from_data(bytes, svg.size(), &error);
  if (handle == nullptr) return tl::unexpected(failed(text_and_free(*painter, error)));
  const auto surface = held(painter->cairo_image_surface_create(
                                CAIRO_FORMAT_ARGB32, static_cast<int>(columns), static_cast<int>(rows)),
                            painter->cairo_surface_destroy);
  const auto canvas = held(painter->cairo_create(surface.get()), painter->cairo_destroy);
  const RsvgRectangle place{.x = 0.0, .y = 0.0, .width = columns, .height = rows};
  const bool is_drawn = painter->rsvg_handle_render_document(handle, canvas.get(), &place, &error) != 0;
  painter->g_object_unref(handle);
  if (!is_drawn) return tl::unexpected(failed(text_and_free(*painter, error)));
  std::string png;
  const cairo_status_t status = painter->cairo_surface_write_to_png_stream(surface.get(), &append, &png);
  if (status != CAIRO_STATUS_SUCCESS) return tl::unexpected(failed(painter->cairo_status_to_string(status)));
  return png;
}

bool has_fonts() {
  const auto library = Shared::open("libfontconfig.so.1");
  if (!library) return false;
  const auto load = library->find<decltype(::FcInitLoadConfigAndFonts)>("FcInitLoadConfigAndFonts");
  const auto fonts_of = library->find<decltype(::FcConfigGetFonts)>("FcConfigGetFonts");
  const auto destroy = library->find<decltype(::FcConfigDestroy)>("FcConfigDestroy");
  if (load == nullptr || fonts_of == nullptr || destroy == nullptr) return false;
  FcConfig* config = load();
  if (config == nullptr) return false;
  const FcFontSet* fonts = fonts_of(config, FcSetSystem);
  const bool has_any = fonts != nullptr && fonts->nfont > 0;
  destroy(config);
  return has_any;
}

}  // namespace bantam::chart
