-- Drives the language server in headless Neovim, 0.7 and later, and prints what came of it, a line each.
-- The tests run it: nvim --headless -u NONE -c "luafile …"; $DREGS_COMMAND is a JSON array, $DREGS_FILE the file.
vim.opt.runtimepath:prepend(vim.env.DREGS_VIM)
vim.cmd("filetype plugin on | syntax on")
require("dregs").setup({ cmd = vim.fn.json_decode(vim.env.DREGS_COMMAND) })
vim.ui.select = function(items, _, choose)
  choose(items[1], 1)
end

local function wait(name, done)
  local ok = vim.wait(30000, done, 20)
  io.stdout:write(name, ": ", ok and "ok" or "timed out", "\n")
end

local function diagnostics()
  return #vim.diagnostic.get(0)
end

local function fix(line, column)
  local before = vim.api.nvim_buf_get_changedtick(0)
  vim.api.nvim_win_set_cursor(0, { line, column })
  vim.lsp.buf.code_action()
  wait("fix", function()
    return vim.api.nvim_buf_get_changedtick(0) ~= before
  end)
end

vim.cmd("edit " .. vim.env.DREGS_FILE)
wait("two diagnostics", function()
  return diagnostics() == 2
end)
fix(4, 9)
wait("one is left", function()
  return diagnostics() == 1
end)
fix(5, 3)
wait("none is left", function()
  return diagnostics() == 0
end)
vim.api.nvim_win_set_cursor(0, { 3, 25 })
vim.lsp.buf.rename("value")
wait("rename", function()
  return vim.api.nvim_buf_get_lines(0, 2, 3, true)[1]:find("value") ~= nil
end)
if vim.lsp.buf.format then
  vim.lsp.buf.format({ timeout_ms = 30000 })
else
  vim.lsp.buf.formatting_sync(nil, 30000)
end
io.stdout:write(table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\n"), "\n")
io.stdout:write("syntax: ", vim.fn.synIDattr(vim.fn.synID(3, 9, 1), "name"), "\n")
vim.cmd("qa!")
